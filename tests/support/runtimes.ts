// One thin adapter for each runtime: gets the portable suite to run there, and brings its results back.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import * as esbuild from "esbuild";
import { makeConsumer } from "../../scripts/consumer.ts";
import { root } from "../../scripts/setup.mjs";
import { startWorker } from "../../scripts/workerd.ts";
import type { Places, Result } from "../portable/harness.ts";

export interface Runtime {
  readonly name: string;
  /** Runs the suite in a fresh project that has `tarball` installed. */
  run(tarball: string, places: Places): Promise<Result[]>;
}

const portable = join(root, "tests", "portable");

export const runtimes: readonly Runtime[] = [
  node("import"),
  node("require"),
  {
    name: "workerd",
    async run(tarball, places) {
      const folder = consumer("workerd", tarball, { portable });
      // The suite's own dependency is the project's, not the consumer's.
      await bundle(join(portable, "worker.ts"), join(folder, "worker.mjs"));
      const { url, worker } = await startWorker({
        entry: join(folder, "worker.mjs"),
        bindings: {},
      });
      try {
        const response = await fetch(url, { method: "POST", body: JSON.stringify(places) });
        const answer = await response.text();
        if (!response.ok) {
          throw new Error(answer);
        }
        return JSON.parse(answer) as Result[];
      } finally {
        await worker.dispose();
      }
    },
  },
];

function node(how: "import" | "require"): Runtime {
  return {
    name: `Node ${process.version} (${how})`,
    async run(tarball, places) {
      const folder = consumer(`node-${how}`, tarball);
      await bundle(join(portable, "process.ts"), join(folder, "suite.mjs"));
      const args = ["suite.mjs", JSON.stringify(places), how];
      const child = spawn(process.execPath, args, {
        cwd: folder,
        stdio: ["ignore", "pipe", "inherit"],
      });
      return JSON.parse(await text(child.stdout)) as Result[];
    },
  };
}

export function consumer(name: string, tarball: string, files?: Record<string, string>): string {
  return makeConsumer(join(root, "target", "consumers", name), tarball, files);
}

/** Bundles the suite with what it needs, but not with the library under test. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  await esbuild.build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: "es2022",
    external: ["pay4power-auth", "node:*"],
    logLevel: "silent",
  });
}
