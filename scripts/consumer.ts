// A folder that has the packed package installed, as a user's project would.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./shell.ts";

/** Makes `folder` anew, with the tarball in its node_modules, and `files` copied into it. */
export function makeConsumer(
  folder: string,
  tarball: string,
  files: Record<string, string> = {},
): string {
  const installed = join(folder, "node_modules", "pay4power-auth");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  // A project of its own: without this, names would resolve to this repository's.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), "{}");
  // What npm would do: the package has no dependencies and no install script.
  must("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  for (const [name, source] of Object.entries(files)) {
    cpSync(source, join(folder, name), { recursive: true });
  }
  return folder;
}
