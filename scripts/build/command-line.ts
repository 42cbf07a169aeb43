// Bundles the command line: one file, with the packages that it uses, beside the package's entries.
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root } from "../project.mjs";

/** The file that `bin` of the manifest names. */
const COMMAND_LINE = "cli.cjs";

/** The licences of the packages in the bundle. They must be wherever the bundle is. */
const LICENCES = "cli-licences.txt";

/** An npm package in the bundle. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** Its hash in package-lock.json. */
  readonly integrity: string;
}

/** Bundles the command line. Returns the packages in the bundle. */
export async function buildCommandLine(dist: string): Promise<BundledPackage[]> {
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
  const folders = packageFolders(Object.keys(metafile.inputs));
  writeFileSync(join(dist, LICENCES), licences(folders));
  return folders.map(bundledPackage);
}

/** Makes the command line load the package's entry beside it, so that the Wasm is not in it again. */
const packagePlugin: esbuild.Plugin = {
  name: "package",
  setup(bundle) {
    const entry = { path: "./inline.cjs", external: true };
    bundle.onResolve({ filter: /^pay4power-auth$/ }, () => entry);
  },
};

/** Returns the folders of the packages that the files belong to. */
function packageFolders(files: readonly string[]): string[] {
  const folders = files.flatMap(
    (file) => /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? [],
  );
  return [...new Set(folders)].sort();
}

function bundledPackage(folder: string): BundledPackage {
  const read = (file: string) => JSON.parse(readFileSync(join(root, file), "utf8"));
  const { name, version, license } = read(join(folder, "package.json")) as BundledPackage;
  const { integrity } = read("package-lock.json").packages[folder] as BundledPackage;
  return { name, version, license, integrity };
}

/** Returns the names, versions and licences of the packages in these folders. */
function licences(folders: readonly string[]): string {
  const texts = folders.map((folder) => {
    const { name, version } = bundledPackage(folder);
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
