// Makes a consumer: a folder with the packed package installed, like a user's project. Scripts and tests import it.
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "./command.ts";

/**
 * Makes `folder` anew, with the tarball's package in its node_modules. Copies `files` into it: the keys are the new
 * names, the values the sources. Returns `folder`.
 */
export function makeConsumer(
  folder: string,
  tarball: string,
  files: Record<string, string> = {},
): string {
  const installed = join(folder, "node_modules", "pay4power-auth");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(installed, { recursive: true });
  // These files make it a project of its own. Without them, imports would resolve to this repository's package.
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), "{}");
  // This is all that npm would do: the package has no dependencies and no install script.
  runOrThrow("tar", ["-xzf", tarball, "-C", installed, "--strip-components=1"]);
  for (const [name, source] of Object.entries(files)) {
    cpSync(source, join(folder, name), { recursive: true });
  }
  return folder;
}
