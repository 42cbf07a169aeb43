// Takes a tarball that was built elsewhere, so that all tests test it: `PAY4POWER_TARBALL` names it.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { runOrThrow } from "../command.ts";
import { root } from "../project.mjs";
import { type BuildPaths, manifest } from "./paths.ts";
import { buildGlue } from "./wasm.ts";

/**
 * Puts a tarball and its files where a build puts them, unless they are there. Returns the path of the copy. Builds only
 * the glue, which the type checker needs and the tarball has not. Throws if the tarball is of another version.
 */
export async function takeTarball(given: string, paths: BuildPaths): Promise<string> {
  const { work, folder, dist, tarball } = paths;
  const source = resolve(root, given);
  if (!existsSync(source)) {
    throw new Error(`PAY4POWER_TARBALL names ${given}, and no such file is there`);
  }
  if (existsSync(tarball) && sha256(tarball) === sha256(source)) {
    return tarball;
  }
  const packed = JSON.parse(runOrThrow("tar", ["-xOzf", source, "package/package.json"]));
  if (packed.name !== manifest.name || packed.version !== manifest.version) {
    throw new Error(
      `PAY4POWER_TARBALL must be ${manifest.name} ${manifest.version}, found ${packed.name} ${packed.version}`,
    );
  }
  for (const old of [folder, dist, tarball, join(work, "built")]) {
    rmSync(old, { recursive: true, force: true });
  }
  mkdirSync(dist, { recursive: true });
  mkdirSync(folder, { recursive: true });
  await buildGlue(paths);
  runOrThrow("tar", ["-xzf", source, "-C", folder, "--strip-components=1"]);
  runOrThrow("tar", ["-xzf", source, "-C", dist, "--strip-components=2", "package/dist"]);
  // Last, and at once: where the tarball is, its files are.
  copyFileSync(source, `${tarball}.part`);
  renameSync(`${tarball}.part`, tarball);
  return tarball;
}

const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
