// The measure `cold`: the time from the start of workerd to the first response of a Worker.
import { statSync } from "node:fs";
import { builtinModules, createRequire } from "node:module";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root } from "../../scripts/project.mjs";
import { startHttpService } from "../http-service.ts";
import { rotated, type Sample } from "../statistics.ts";
import { firstResponseMs, writeWorkerConfig } from "../workerd-process.ts";
import type { MeasureRound } from "./measure-round.ts";

/** For each row, its file in bench/workers/. */
const WORKERS: Readonly<Record<string, string>> = {
  "no auth": "no-auth",
  "client made: pay4power-auth": "made",
  "first token: pay4power-auth": "pay4power",
  "first token: hand-written": "hand-written",
  "first token: oauth4webapi": "oauth4webapi",
  "first token: @azure/msal-node": "msal",
};

const REQUIRE = `import { createRequire } from "node:module"; const require = createRequire("/");`;

export const measureRound: MeasureRound = async ({ isQuick }) => {
  const service = await startHttpService();
  const sizes: Record<string, number> = {};
  for (const [row, worker] of Object.entries(WORKERS)) {
    sizes[row] = await bundle(worker, service.env);
    await firstResponseMs(folderOf(worker)); // fills the disk's caches
  }
  const samples: Sample[] = [];
  for (let round = 0; round < (isQuick ? 5 : 40); round++) {
    const times: Record<string, number> = {};
    for (const [row, worker] of rotated(Object.entries(WORKERS), round)) {
      times[row] = await firstResponseMs(folderOf(worker));
    }
    const without = times["no auth"] ?? Number.NaN;
    samples.push(
      Object.fromEntries(
        Object.entries(times).map(([row, ms]) => [
          row,
          { ms, added: ms - without, size: sizes[row] ?? Number.NaN },
        ]),
      ),
    );
  }
  await service.close();
  return samples;
};

const folderOf = (worker: string): string => join(root, "target", "bench", "cold", worker);

/** Bundles a Worker, and returns its size in KiB: JavaScript and Wasm together, minified. */
async function bundle(worker: string, env: Record<string, string>): Promise<number> {
  const folder = folderOf(worker);
  const needsNode = worker === "msal";
  const { metafile } = await esbuild.build({
    entryPoints: [join(import.meta.dirname, "..", "workers", `first-${worker}.ts`)],
    outfile: join(folder, "worker.js"),
    bundle: true,
    minify: true,
    metafile: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker"],
    external: ["*.wasm", ...(needsNode ? ["node:*", ...builtinModules] : [])],
    // The CommonJS modules of MSAL require Node's modules.
    banner: needsNode ? { js: REQUIRE } : {},
    logLevel: "error",
  });
  const [output] = Object.values(metafile.outputs);
  const usesWasm = output?.imports.some(({ path }) => path.endsWith(".wasm"));
  const require = createRequire(import.meta.url);
  const wasm = usesWasm ? require.resolve("pay4power-auth/core.wasm") : undefined;
  writeWorkerConfig({ folder, wasm, env, flags: needsNode ? ["nodejs_compat"] : [] });
  const bytes = (output?.bytes ?? 0) + (wasm ? statSync(wasm).size : 0);
  return bytes / 1_024;
}
