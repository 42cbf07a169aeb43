// The portable suite in route handlers of Next.js, built by `next build`: on Node and on the edge
// runtime.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../../scripts/command.ts";
import { freePort, originOf } from "../../scripts/local-server.ts";
import type { Places, Report } from "../portable/harness.ts";
import type { Runtime } from "../support/portable.ts";
import { bundle, portable } from "../support/suite.ts";
import {
  answers,
  ask,
  assertOneCore,
  commandOf,
  consumer,
  ENV,
  NEXT_14,
  NEXT_16,
  named,
} from "./tools.ts";

const LAYOUT = `export default ({ children }) => <html lang="en"><body>{children}</body></html>;`;
const PAGE = "export default () => <p>The portable suite</p>;";
const ROUTE = `import worker from "../worker.mjs";
export const POST = (request) => worker.fetch(request);`;

export const next: Runtime[] = [
  onNext("nodejs", NEXT_16),
  onNext("edge", NEXT_16),
  // Not on its edge runtime, where a copy of a Request has neither its method nor its body.
  { ...onNext("nodejs", NEXT_14), light: true },
];

function onNext(runtime: "nodejs" | "edge", from: string): Runtime {
  const about = named("next", `a route handler on ${runtime}`, from);
  return {
    ...about,
    async prepare(tarball, suite) {
      const folder = consumer(`${about.name}, ${suite}`, tarball, {}, from);
      // With this Next.js would install what TypeScript needs.
      rmSync(join(folder, "tsconfig.json"));
      const app = join(folder, "app");
      mkdirSync(join(app, "suite"), { recursive: true });
      writeFileSync(join(app, "layout.jsx"), LAYOUT);
      writeFileSync(join(app, "page.jsx"), PAGE);
      const route = `${ROUTE}\nexport const runtime = "${runtime}";`;
      writeFileSync(join(app, "suite", "route.js"), route);
      await bundle(join(portable, "worker.ts"), join(app, "worker.mjs"));
      writeFileSync(join(folder, "next.config.mjs"), configOf(folder, from));
      const { ok, output } = run(commandOf("next", from), ["build"], { cwd: folder, env: ENV });
      assert.ok(ok, output);
      assertOneCore(join(folder, ".next", "server"), runtime === "edge" ? "apart" : "inside");
      return { run: (places) => inNext(folder, from, places) };
    },
  };
}

/** A configuration of Next.js for a project in `folder`. */
export function configOf(folder: string, from: string, config: object = {}): string {
  // The lock files above are this repository's. Next.js 14 knows no Turbopack.
  const turbopack = from === NEXT_14 ? {} : { turbopack: { root: join(folder, "..", "..") } };
  return `export default ${JSON.stringify({ ...config, ...turbopack })}`;
}

async function inNext(folder: string, from: string, places: Places): Promise<Report> {
  const port = await freePort();
  const args = ["start", "--hostname", "127.0.0.1", "--port", `${port}`];
  const child = spawn(commandOf("next", from), args, {
    cwd: folder,
    stdio: "ignore",
    env: { ...process.env, ...ENV },
  });
  try {
    await answers(originOf(port));
    return await ask(new URL("/suite", originOf(port)), places);
  } finally {
    child.kill();
  }
}
