// A Worker in a real workerd, bundled the way wrangler does it.
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as esbuild from "esbuild";
import { Miniflare } from "miniflare";

export interface WorkerOptions {
  /** The Worker's module, in a folder that has the package installed. */
  readonly entry: string;
  readonly bindings: Record<string, string>;
  readonly port?: number;
  /** Newest by default that the workerd of miniflare knows. */
  readonly compatibilityDate?: string;
  readonly compatibilityFlags?: readonly string[];
}

export async function startWorker(
  options: WorkerOptions,
): Promise<{ url: URL; worker: Miniflare }> {
  const folder = dirname(options.entry);
  const wasm = new Map<string, Buffer>();
  const { outputFiles } = await esbuild.build({
    entryPoints: [options.entry],
    absWorkingDir: folder,
    bundle: true,
    write: false,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker"],
    logLevel: "silent",
    plugins: [
      {
        name: "wasm modules",
        setup(bundle) {
          bundle.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
            wasm.set(basename(path), readFileSync(join(resolveDir, path)));
            return { path: `./${basename(path)}`, external: true };
          });
        },
      },
    ],
  });
  const [script] = outputFiles;
  const worker = new Miniflare({
    host: "127.0.0.1",
    port: options.port ?? 0,
    compatibilityDate: options.compatibilityDate ?? "2026-07-01",
    compatibilityFlags: [...(options.compatibilityFlags ?? [])],
    bindings: options.bindings,
    modules: [
      { type: "ESModule", path: "worker.js", contents: script?.text ?? "" },
      ...[...wasm].map(([path, contents]) => ({ type: "CompiledWasm" as const, path, contents })),
    ],
  });
  try {
    return { url: await worker.ready, worker };
  } catch (error) {
    await worker.dispose();
    throw error;
  }
}
