// Bundles the command line: one file, with the packages that it uses, beside the package's entries.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root } from "../project.mjs";

/** The file that `bin` of the manifest names. */
const COMMAND_LINE = "cli.cjs";

/** The licences of the packages in the bundle. They must be wherever the bundle is. */
const LICENCES = "cli-licences.txt";

export async function buildCommandLine(dist: string): Promise<void> {
  const { metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: ["cli/main.ts"],
    outfile: join(dist, COMMAND_LINE),
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "node20",
    minify: true,
    lineLimit: 200, // as in commonjs.ts
    metafile: true,
    banner: { js: `/*! The licences of the packages in this file are in "./${LICENCES}". */` },
    plugins: [packagePlugin],
  });
  writeFileSync(join(dist, LICENCES), licences(Object.keys(metafile.inputs)));
}

/** Makes the command line load the package's entry beside it, so that the Wasm is not in it again. */
const packagePlugin: esbuild.Plugin = {
  name: "package",
  setup(bundle) {
    const entry = { path: "./inline.cjs", external: true };
    bundle.onResolve({ filter: /^pay4power-auth$/ }, () => entry);
  },
};

/** Returns the names, versions and licences of the packages that the files belong to. */
function licences(files: readonly string[]): string {
  const folders = files.flatMap(
    (file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
  );
  const texts = [...new Set(folders)].sort().map((folder) => {
    const manifest = readFileSync(join(root, folder, "package.json"), "utf8");
    const { name, version } = JSON.parse(manifest) as { name: string; version: string };
    return `${name} ${version}\n\n${licenceOf(join(root, folder)).trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

function licenceOf(folder: string): string {
  const [file] = globSync("{LICENSE,license}*", { cwd: folder });
  if (file === undefined) {
    throw new Error(`${folder} has no licence, so the command line can't contain it`);
  }
  return readFileSync(join(folder, file), "utf8");
}
