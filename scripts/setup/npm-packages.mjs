// Installs the npm packages of a folder. Plain JavaScript without dependencies.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { root, say } from "../project.mjs";
import { succeedsAloud } from "./commands.mjs";

/** Installs the packages of the folder's lock file, unless they are installed. Returns false if that fails. */
export function installNpmPackages(folder) {
  const lock = readFileSync(join(folder, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  const stamp = join(folder, "node_modules", ".installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return true;
  }
  say(`npm packages of ${relative(root, folder) || "the project"}: installing`);
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  if (!succeedsAloud("npm", args, folder)) {
    return false;
  }
  writeFileSync(stamp, wanted);
  return true;
}
