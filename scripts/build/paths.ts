// The paths of a build of the package, and the package's manifest.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../project.mjs";

/** A value in `exports` of the manifest: a file of the package, or a target for each condition. */
export type ExportTarget = string | { readonly [condition: string]: ExportTarget };

export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Record<string, ExportTarget>;
};

/** The folder of the package's TypeScript. */
export const npm = join(root, "npm");

export interface BuildPaths {
  /** The crate's features. The published package has none. */
  readonly features: readonly string[];
  /** The folder for intermediate files. */
  readonly work: string;
  /** The folder that wasm-bindgen writes to. */
  readonly glue: string;
  /** The package's `dist`. */
  readonly dist: string;
  /** The folder that npm packs. */
  readonly folder: string;
  readonly tarball: string;
  /** The Wasm of the package, but with the names of its functions. */
  readonly namedWasm: string;
}

/** Returns the paths of the build with these features of the crate. */
export function buildPaths(features: readonly string[]): BuildPaths {
  const work = join(root, "target", ["npm", ...features].join("-"));
  const isPublished = features.length === 0;
  return {
    features,
    work,
    // npm/core/call.ts imports the published build's glue from there, and tsc finds its types there.
    glue: isPublished ? join(npm, "generated") : join(work, "generated"),
    dist: isPublished ? join(root, "dist") : join(work, "dist"),
    folder: join(work, "package"),
    tarball: join(work, `${manifest.name}-${manifest.version}.tgz`),
    namedWasm: join(work, "named.wasm"),
  };
}
