// Installs the npm packages of a folder. Plain JavaScript without dependencies.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { progress } from "../progress.mjs";
import { root } from "../project.mjs";
import { runCommand, SetupError } from "./commands.mjs";

/** How long the packages of a folder take to install, in seconds. */
const USUAL_S = {
  "": 30,
  "tests/matrix": 60,
  "tests/matrix/next-14": 15,
  "scripts/typedoc": 5,
  "scripts/stryker": 10,
};

/** Installs the packages of the folder's lock file, unless they are installed. */
export async function installNpmPackages(folder) {
  const lock = readFileSync(join(folder, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  const stamp = join(folder, "node_modules", ".installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return;
  }
  const name = relative(root, folder);
  await progress.step(`npm packages${name && ` of ${name}`}`, USUAL_S[name] ?? 15, async () => {
    const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
    const { ok, stdout, stderr } = await runCommand("npm", args, { cwd: folder });
    if (!ok) {
      throw new SetupError(`"npm ci" failed in ${folder}:\n${stdout}${stderr}`);
    }
  });
  writeFileSync(stamp, wanted);
}
