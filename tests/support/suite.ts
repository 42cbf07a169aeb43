// The portable suite as one file that a runtime or a bundler can take.
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root } from "../../scripts/project.mjs";

export const portable = join(root, "tests", "portable");

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
    external: ["pay4power-auth", "./core-url.js", "*.wasm?module", "node:*"],
    logLevel: "silent",
  });
}
