// npm run build: builds the npm package, and prints the path of its tarball. The steps are in build/.
import { createHash } from "node:crypto";
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildBundles } from "./build/bundles.ts";
import { buildCommandLine } from "./build/command-line.ts";
import { writeDeclarations } from "./build/declarations.ts";
import { fillPackageFolder, PACKED_FILES } from "./build/package-folder.ts";
import { buildPaths } from "./build/paths.ts";
import { takeTarball } from "./build/ready-tarball.ts";
import { writeSbom } from "./build/sbom.ts";
import { buildWasm } from "./build/wasm.ts";
import { runOrThrow } from "./command.ts";
import { progress } from "./progress.mjs";
import { root, say } from "./project.mjs";
import { wasmToolchain } from "./setup/wasm-toolchain.mjs";

/** The files of the repository that a build depends on. */
const INPUTS = [
  "Cargo.*",
  "package-lock.json",
  ...PACKED_FILES,
  "{src,npm,cli,sandbox}/**/*",
  "scripts/{build.ts,command.ts,local-server.ts,project.mjs}",
  "scripts/{build,setup}/*",
];

/**
 * Builds the tarball, unless it exists and its inputs have not changed. Returns its path. With features of the crate it
 * builds another tarball, beside the published one. If `PAY4POWER_TARBALL` names a tarball, that one is the published
 * one.
 */
export async function build(...features: readonly string[]): Promise<string> {
  const paths = buildPaths(features);
  const { work, folder, dist, tarball } = paths;
  const given = process.env["PAY4POWER_TARBALL"];
  if (given && features.length === 0) {
    return takeTarball(given, paths);
  }
  const wanted = hashOfInputs();
  const stamp = join(work, "built");
  if (existsSync(tarball) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return tarball;
  }
  mkdirSync(work, { recursive: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  await buildWasm(paths);
  await progress.step(["the package", ...features].join(", "), 2, async () => {
    await buildBundles(paths);
    const inCommandLine = await buildCommandLine(dist);
    writeDeclarations(dist);
    fillPackageFolder(paths);
    writeSbom(folder, inCommandLine);
    runOrThrow("npm", ["pack", "--pack-destination", work, "--ignore-scripts"], { cwd: folder });
  });
  writeFileSync(stamp, wanted);
  return tarball;
}

function hashOfInputs(): string {
  const hash = createHash("sha256").update(JSON.stringify(wasmToolchain().args));
  const files = globSync(INPUTS, { cwd: root, exclude: ["npm/generated/**"] }).sort();
  for (const file of files) {
    if (/\.\w+$|Cargo|LICENSE/.test(file)) {
      hash.update(file).update(readFileSync(join(root, file)));
    }
  }
  return hash.digest("hex");
}

if (import.meta.main) {
  say(await build());
}
