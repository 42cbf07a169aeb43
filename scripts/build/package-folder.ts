// Fills the folder that npm packs: the build, the manifest, the licences, the documents, and a folder for each subpath.
import { copyFileSync, cpSync, globSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "../project.mjs";
import { type BuildPaths, type ExportTarget, manifest } from "./paths.ts";

/** The files of the repository that are packed unchanged. */
export const PACKED_FILES = [
  ...["package.json", "LICENSE-*"],
  ...["*.md", "docs/**/*.*", "worker/README.md"], // README links to them
  ...[
    "README.md",
    "{package,tsconfig}.json",
    "wrangler.jsonc",
    ".*.example",
    "{src,lib,app}/**/*.ts*",
  ].map((file) => `examples/*/${file}`),
  "llms.txt", // the documents, for language models
];

export function fillPackageFolder({ dist, folder }: BuildPaths): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync(dist, join(folder, "dist"), { recursive: true });
  for (const file of globSync(PACKED_FILES, { cwd: root })) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  for (const [name, target] of Object.entries(manifest.exports)) {
    if (name !== "." && typeof target !== "string") {
      const subfolder = join(folder, name);
      mkdirSync(subfolder, { recursive: true });
      writeFileSync(join(subfolder, "package.json"), subpathManifest(target));
    }
  }
}

/**
 * Returns the `package.json` for the folder of a subpath, such as `slim` for `./slim`. Resolvers that do not know
 * `exports` read it: TypeScript's node10, and Node's old algorithm, which eslint-plugin-import uses.
 */
function subpathManifest(exported: ExportTarget): string {
  const fileOf = (...conditions: readonly string[]) => {
    const file = conditions.reduce<ExportTarget | undefined>(
      (target, condition) => (typeof target === "object" ? target[condition] : target),
      exported,
    );
    return typeof file === "string" ? `.${file}` : undefined;
  };
  return JSON.stringify({
    main: fileOf("node", "require", "default") ?? fileOf("default"),
    module: fileOf("node", "module", "development", "default"),
    types: fileOf("node", "require", "types") ?? fileOf("types"),
  });
}
