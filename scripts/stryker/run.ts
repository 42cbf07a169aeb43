// node scripts/stryker/run.ts [OPTIONS]: changes the TypeScript of the package in many small ways, and looks whether
// the tests notice each change. The options go to Stryker, such as `--mutate npm/fetch/body.ts`.
import { spawnSync } from "node:child_process";
import { join, relative } from "node:path";
import process from "node:process";
import { buildPaths } from "../build/paths.ts";
import { build } from "../build.ts";
import { runOrThrow } from "../command.ts";
import { root } from "../project.mjs";
import { installNpmPackages } from "../setup/npm-packages.mjs";
import { TRAP_BUILD } from "./places.ts";

const folder = relative(root, import.meta.dirname);
await installNpmPackages(join(root, folder));
await build(); // the types of the glue, and the package's files, which Stryker copies
await build("trap"); // the Wasm and its glue
runOrThrow("tsc", ["-p", folder]);

const stryker = join(folder, "node_modules", "@stryker-mutator", "core", "bin", "stryker.js");
const args = [stryker, "run", join(folder, "stryker.config.json"), ...process.argv.slice(2)];
const env = { ...process.env, [TRAP_BUILD]: buildPaths(["trap"]).work };
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env });
process.exitCode = status ?? 1;
