// Bundles the package's entries as ES modules. commonjs.ts makes CommonJS of them.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { buildCommonJs } from "./commonjs.ts";
import { corePlugin } from "./core-plugin.ts";
import { type BuildPaths, manifest, npm } from "./paths.ts";

/** The entries of the package. They import the code that they share from files `shared-….js`. */
const ENTRIES = [
  "inline",
  "workerd",
  "edge-light",
  "slim",
  "stores",
  "cloudflare",
  "cloudflare-inline",
];

export async function buildBundles(paths: BuildPaths): Promise<void> {
  const { dist } = paths;
  const { metafile } = await esbuild.build({
    entryPoints: ENTRIES.map((name) => join(npm, "entries", `${name}.ts`)),
    outdir: dist,
    absWorkingDir: dist,
    bundle: true,
    splitting: true,
    chunkNames: "shared-[hash]",
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: true,
    metafile: true,
    define: { PACKAGE_VERSION: JSON.stringify(manifest.version) },
    plugins: [corePlugin(paths)],
  });
  await buildCommonJs(dist, metafile.outputs);
  for (const module of globSync("*.js", { cwd: dist })) {
    removeBareImports(join(dist, module));
  }
  for (const map of globSync("*.map", { cwd: dist })) {
    omitWasm(join(dist, map));
  }
}

/**
 * Removes `import "./shared-….js"`. esbuild writes it in addition, for side effects. These files have none, as
 * `sideEffects` of the manifest says, and bundlers warn of such an import in a linked package.
 */
function removeBareImports(file: string): void {
  const text = readFileSync(file, "utf8");
  // Blanks of the same length keep the source map right.
  const blank = (found: string) => " ".repeat(found.length);
  writeFileSync(file, text.replaceAll(/(?<=^|;)import"\.\/shared-\w+\.js";/g, blank));
}

/** Omits the Wasm from the sources in a source map. */
function omitWasm(file: string): void {
  const map = JSON.parse(readFileSync(file, "utf8")) as {
    sources: string[];
    sourcesContent: (string | null)[];
  };
  map.sourcesContent = map.sourcesContent.map((content, index) =>
    map.sources[index]?.startsWith("base64:") ? null : content,
  );
  writeFileSync(file, JSON.stringify(map));
}
