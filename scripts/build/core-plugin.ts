// The esbuild plugin that gives the package's entries the core: the glue of wasm-bindgen, and the Wasm.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "esbuild";
import { type BuildPaths, npm } from "./paths.ts";

/** The name of the Wasm, as base64, among the inputs of esbuild. */
export const WASM_INPUT = "base64:core";

export function corePlugin(paths: BuildPaths): Plugin {
  const wasm = readFileSync(join(paths.dist, "core.wasm"));
  return {
    name: "core",
    setup(bundle) {
      const path = join(paths.glue, "core.js");
      bundle.onResolve({ filter: /\/generated\/core\.js$/ }, () => ({ path }));
      bundle.onLoad({ filter: /\/generated\/core\.js$/ }, () => ({ contents: glueOf(paths) }));
      bundle.onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path }) => ({ path, external: true }));
      bundle.onResolve({ filter: /\.wasm\.base64$/ }, () => ({
        path: "core",
        namespace: "base64",
      }));
      bundle.onLoad({ filter: /./, namespace: "base64" }, () => ({
        contents: wasm.toString("base64"),
        loader: "text",
      }));
    },
  };
}

/** Returns the glue. It imports from npm/core/host.ts, not from the host, so that a trap does not reach the host. */
function glueOf(paths: BuildPaths): string {
  const glue = readFileSync(join(paths.glue, "core.js"), "utf8");
  const host = JSON.stringify(join(npm, "core", "host.ts"));
  return `import { clearTimeout, queueMicrotask, setTimeout, WebAssembly } from ${host};${glue}`;
}
