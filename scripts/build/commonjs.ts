// Bundles the entries for Node as CommonJS, from the ES modules. `import` on Node loads the CommonJS entry too.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { WASM_INPUT } from "./core-plugin.ts";

/** The entries that Node loads. */
const NODE_ENTRIES = ["inline", "slim", "stores", "cloudflare-inline"];

/**
 * Builds the CommonJS entries in `dist`. The code that they share is in one file, and the Wasm in another: Node takes
 * longer to load more files, even small ones.
 */
export async function buildCommonJs(
  dist: string,
  outputs: esbuild.Metafile["outputs"],
): Promise<void> {
  const entries = NODE_ENTRIES.map((name) => `${name}.js`);
  const imports = entries.flatMap((file) => outputs[file]?.imports ?? []);
  const shared = [...new Set(imports.map(({ path }) => path))];
  const wasm = shared.filter((file) =>
    Object.keys(outputs[file]?.inputs ?? {}).includes(WASM_INPUT),
  );
  const parts = shared.filter((file) => !wasm.includes(file));
  const options = {
    absWorkingDir: dist,
    outdir: dist,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "es2022",
    minify: true,
    lineLimit: 200, // Node prints the whole line of an error that no code catches
    sourcemap: true,
  } as const;
  const nameOf = (file: string) => `part${parts.indexOf(file)}`;
  const all = parts.map((file) => `export * as ${nameOf(file)} from "./${file}";`).join("\n");
  writeFileSync(join(dist, "shared.js"), all);
  await esbuild.build({ ...options, entryPoints: ["shared.js"] });
  rmSync(join(dist, "shared.js"));
  const sharedPlugin: esbuild.Plugin = {
    name: "shared",
    setup(bundle) {
      bundle.onResolve({ filter: /^\.\/.*\.c?js$/ }, ({ path, namespace, kind }) => {
        if (kind === "entry-point") {
          return undefined;
        }
        const file = path.slice(2);
        return namespace === "part" || wasm.includes(file)
          ? { path: path.replace(/\.js$/, ".cjs"), external: true }
          : { path: file, namespace: "part" };
      });
      bundle.onLoad({ filter: /./, namespace: "part" }, ({ path }) => ({
        contents: `module.exports = require("./shared.cjs").${nameOf(path)};`,
      }));
    },
  };
  await esbuild.build({
    ...options,
    entryPoints: [...entries, ...wasm].map((file) => `./${file}`),
    plugins: [sharedPlugin],
  });
  for (const name of NODE_ENTRIES) {
    // `import` and `require` share one instance: the CommonJS one.
    const names = outputs[`${name}.js`]?.exports.join(", ");
    writeFileSync(join(dist, `${name}.mjs`), `export { ${names} } from "./${name}.cjs";\n`);
  }
}
