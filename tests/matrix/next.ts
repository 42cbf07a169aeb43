// The portable suite in route handlers of Next.js, built by `next build`: on Node and on the edge
// runtime.
import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, originOf } from "../../scripts/listen.ts";
import type { Places, Report } from "../portable/harness.ts";
import type { Runtime } from "../support/portable.ts";
import { bundle, portable } from "../support/suite.ts";
import { answers, ask, assertOneCore, commandOf, consumer, ENV, must, named } from "./tools.ts";

const LAYOUT = `export default ({ children }) => <html lang="en"><body>{children}</body></html>;`;
const PAGE = "export default () => <p>The portable suite</p>;";
const ROUTE = `import worker from "../worker.mjs";
export const POST = (request) => worker.fetch(request);`;

export const next: Runtime[] = [onNext("nodejs"), onNext("edge")];

function onNext(runtime: "nodejs" | "edge"): Runtime {
  const about = named("next", `a route handler on ${runtime}`);
  return {
    ...about,
    async prepare(tarball, suite) {
      const folder = consumer(`${about.name}, ${suite}`, tarball);
      // With this Next.js would install what TypeScript needs.
      rmSync(join(folder, "tsconfig.json"));
      const app = join(folder, "app");
      mkdirSync(join(app, "suite"), { recursive: true });
      writeFileSync(join(app, "layout.jsx"), LAYOUT);
      writeFileSync(join(app, "page.jsx"), PAGE);
      const route = `${ROUTE}\nexport const runtime = "${runtime}";`;
      writeFileSync(join(app, "suite", "route.js"), route);
      await bundle(join(portable, "worker.ts"), join(app, "worker.mjs"));
      // The lock files above are this repository's.
      const config = `export default { turbopack: { root: ${JSON.stringify(join(folder, "..", ".."))} } }`;
      writeFileSync(join(folder, "next.config.mjs"), config);
      must(folder, "next", "build");
      assertOneCore(join(folder, ".next", "server"), runtime === "edge" ? "apart" : "inside");
      return { run: (places) => inNext(folder, places) };
    },
  };
}

async function inNext(folder: string, places: Places): Promise<Report> {
  const port = await freePort();
  const args = ["start", "--hostname", "127.0.0.1", "--port", `${port}`];
  const child = spawn(commandOf("next"), args, {
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
