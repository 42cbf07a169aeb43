// Bundles a Worker as wrangler does, and starts it in a real workerd. Scripts, tests and benches import it.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import type { Readable } from "node:stream";
import * as esbuild from "esbuild";
import { Miniflare } from "miniflare";

export interface WorkerOptions extends HostOptions {
  /** The Worker's module, in a folder with the package installed. */
  readonly entry: string;
}

export interface HostOptions {
  readonly bindings: Record<string, string>;
  /** The names of bindings to KV namespaces. Each gets a namespace of its own. */
  readonly kvNamespaces?: readonly string[];
  readonly port?: number;
  /** Default 2026-07-01. */
  readonly compatibilityDate?: string;
  readonly compatibilityFlags?: readonly string[];
  /** The port of workerd's inspector; 0 takes any free port. Without it there is no inspector. */
  readonly inspectorPort?: number;
  /** Gets the output of workerd. Without it, this process prints the output. */
  readonly onOutput?: (text: string) => void;
}

export type Module =
  | { type: "ESModule"; path: string; contents: string | Buffer<ArrayBuffer> }
  | { type: "CompiledWasm"; path: string; contents: Buffer<ArrayBuffer> };

export interface Worker {
  readonly url: URL;
  readonly worker: Miniflare;
}

/** The variable with code that runs before that of a bundled Worker. `scripts/stryker/` switches a mutant on with it. */
export const WORKER_BANNER = "PAY4POWER_WORKER_BANNER";

/** Bundles a Worker's entry. The first module has its code; the others are Wasm. */
export async function bundleWorker(entry: string): Promise<Module[]> {
  const wasm = new Map<string, Buffer<ArrayBuffer>>();
  const { outputFiles } = await esbuild.build({
    entryPoints: [entry],
    absWorkingDir: dirname(entry),
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker"],
    external: ["cloudflare:*"],
    banner: { js: process.env[WORKER_BANNER] ?? "" },
    logLevel: "silent",
    plugins: [
      {
        name: "wasm modules",
        setup(bundle) {
          bundle.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            const file = createRequire(join(resolveDir, "importer")).resolve(path);
            wasm.set(basename(path), readFileSync(file));
            return { path: `./${basename(path)}`, external: true };
          });
        },
      },
    ],
  });
  const [script] = outputFiles;
  return [
    { type: "ESModule", path: "worker.js", contents: script?.text ?? "" },
    ...[...wasm].map(([path, contents]) => ({ type: "CompiledWasm" as const, path, contents })),
  ];
}

/** Bundles and starts a Worker. */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  return startModules({ ...options, modules: await bundleWorker(options.entry) });
}

/** Starts a bundled Worker. */
export async function startModules(options: HostOptions & { modules: Module[] }): Promise<Worker> {
  const { onOutput, inspectorPort } = options;
  const worker = new Miniflare({
    host: "127.0.0.1",
    port: options.port ?? 0,
    compatibilityDate: options.compatibilityDate ?? "2026-07-01",
    compatibilityFlags: [...(options.compatibilityFlags ?? [])],
    bindings: options.bindings,
    kvNamespaces: [...(options.kvNamespaces ?? [])],
    modules: options.modules,
    ...(inspectorPort !== undefined && { inspectorPort }),
    ...(onOutput && {
      handleRuntimeStdio(...outputs: Readable[]) {
        for (const output of outputs) {
          output.setEncoding("utf8").on("data", onOutput);
        }
      },
    }),
  });
  try {
    return { url: await worker.ready, worker };
  } catch (error) {
    await worker.dispose();
    throw error;
  }
}
