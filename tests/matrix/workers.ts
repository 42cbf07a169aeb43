// The portable suite in workerd and in the edge runtime of Vercel.
import { fork } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { bundleWorker, type Module, startModules } from "../../scripts/workerd.ts";
import type { Places, Report } from "../portable/harness.ts";
import type { Run, Runtime } from "../support/portable.ts";
import { bundle, portable } from "../support/suite.ts";
import { newest } from "../support/workerds.ts";
import { ask, assertOneCore, consumer, deployed, fileOf, must, named } from "./tools.ts";

process.env["MINIFLARE_WORKERD_PATH"] = newest.path;
const NEWEST = newest.newestDate;
/** Before it, Workers could not do what every program of today takes for granted. */
const OLDEST = "2023-08-01";
/** Between them: classes have no tags yet; promises of other requests; weak references; and since. */
const BETWEEN = ["2024-09-25", "2024-10-14", "2025-05-05", "2026-01-01"];

export const workers: Runtime[] = [
  withWrangler(NEWEST),
  withEsbuild(OLDEST, "worker.ts"),
  { ...withWrangler(OLDEST), light: true },
  { ...withEsbuild(NEWEST, "worker.ts"), light: true },
  { ...withEsbuild(NEWEST, "worker-slim.ts"), light: true, traps: true },
  ...BETWEEN.map((date) => ({ ...withEsbuild(date, "worker.ts"), light: true })),
  edgeLight("worker.ts"),
  { ...edgeLight("worker-slim-edge.ts"), light: true },
];

function withEsbuild(compatibilityDate: string, entry: string): Runtime {
  const how = entry === "worker.ts" ? "esbuild" : "slim";
  const name = `workerd ${newest.version}, ${how}, ${compatibilityDate}`;
  return {
    name,
    async prepare(tarball, suite) {
      const folder = consumer(`${name}, ${suite}`, tarball);
      await bundle(join(portable, entry), join(folder, "worker.mjs"));
      const modules = await bundleWorker(join(folder, "worker.mjs"));
      return inWorkerd(modules, compatibilityDate);
    },
  };
}

function withWrangler(compatibilityDate: string): Runtime {
  const about = named("wrangler", `workerd ${newest.version}, ${compatibilityDate}`);
  return {
    ...about,
    async prepare(tarball, suite) {
      const folder = consumer(`${about.name}, ${suite}`, tarball);
      await bundle(join(portable, "worker.ts"), join(folder, "worker.mjs"));
      const date = `--compatibility-date=${compatibilityDate}`;
      must(
        folder,
        "wrangler",
        ...["deploy", "worker.mjs", "--name=suite", date, "--dry-run", "--outdir=out"],
      );
      assertOneCore(join(folder, "out"), "apart");
      return inWorkerd(deployed(join(folder, "out"), "worker.js"), compatibilityDate);
    },
  };
}

function inWorkerd(modules: Module[], compatibilityDate: string): Run {
  return {
    async run(places) {
      const { url, worker } = await startModules({ modules, bindings: {}, compatibilityDate });
      try {
        return await ask(url, places);
      } finally {
        await worker.dispose();
      }
    },
  };
}

/** The edge runtime has its Wasm compiled by the host, under a name that the bundler chooses. */
function edgeLight(entry: string): Runtime {
  const about = named("edge-runtime", entry === "worker.ts" ? "?module" : "slim");
  return {
    ...about,
    async prepare(tarball, suite) {
      const folder = consumer(`${about.name}, ${suite}`, tarball);
      await bundle(join(portable, entry), join(folder, "worker.mjs"));
      const code = join(folder, "edge.js");
      writeFileSync(code, await bundleForEdge(join(folder, "worker.mjs")));
      const core = join(folder, "node_modules/pay4power-auth/dist/core.wasm");
      const args = [fileOf("edge-runtime", "package.json"), code, core];
      return { run: (places) => inEdgeRuntime(args, places) };
    },
  };
}

async function inEdgeRuntime(args: string[], places: Places): Promise<Report> {
  const child = fork(join(import.meta.dirname, "edge-process.ts"), args);
  try {
    const [url] = (await once(child, "message")) as [string];
    return await ask(new URL(url), places);
  } finally {
    child.kill();
  }
}

/** As Next.js does it: an import of `….wasm?module` becomes a global. */
async function bundleForEdge(entry: string): Promise<string> {
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: "iife",
    globalName: "suite",
    conditions: ["edge-light"],
    plugins: [
      {
        name: "wasm modules",
        setup(build) {
          build.onResolve({ filter: /\.wasm\?module$/ }, () => ({
            path: "core",
            namespace: "wasm",
          }));
          build.onLoad({ filter: /./, namespace: "wasm" }, () => ({
            contents: "export default wasm_core",
          }));
        },
      },
    ],
  });
  const answer = "addEventListener('fetch', (e) => e.respondWith(suite.default.fetch(e.request)))";
  return `${outputFiles[0]?.text}; ${answer}`;
}
