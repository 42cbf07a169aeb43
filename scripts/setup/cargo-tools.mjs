// Finds wasm-bindgen, or builds it into .tools, and the tools that only tests need. Plain JavaScript without
// dependencies.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root, tools } from "../project.mjs";
import { cargoStep } from "./cargo.mjs";
import { outputOf, SetupError } from "./commands.mjs";
import { isExecutable } from "./executables.mjs";

const CARGO_DENY = "0.20.2";

/** Without optimization. An optimized tool takes three times as long to build, and saves a tenth of a second a run. */
const INSTALL = [
  "install",
  ...["--debug", "--config", "profile.dev.debug=false"],
  ...["--root", tools, "--force"],
];

/** Builds the part of wasm-bindgen's command line that the build needs (scripts/wasm-bindgen), unless it is there. */
export async function installWasmBindgen() {
  if (findWasmBindgen() === undefined) {
    const path = join(root, "scripts", "wasm-bindgen");
    await cargoStep("wasm-bindgen, from source", 75, {
      args: [...INSTALL, "--path", path, "--target-dir", join(tools, "target"), "--locked"],
    });
  }
}

/**
 * Returns the wasm-bindgen of the version in Cargo.lock: one of the user's, or the one in .tools.
 * @returns {string | undefined}
 */
export function findWasmBindgen() {
  const version = lockedVersion("wasm-bindgen");
  return ["wasm-bindgen", join(tools, "bin", "wasm-bindgen")].find(
    (path) => outputOf(path, ["--version"]) === `wasm-bindgen ${version}`,
  );
}

/** The path of the runner of tests in Wasm. */
export const testRunner = join(tools, "bin", "wasm-bindgen-test-runner");

/** Builds the runner of tests in Wasm, unless it is there. */
export async function installTestRunner() {
  const version = lockedVersion("wasm-bindgen");
  if (!isExecutable(testRunner) || !outputOf(testRunner, ["--version"]).endsWith(` ${version}`)) {
    await cargoStep("wasm-bindgen's test runner, from source", 80, {
      args: [
        ...INSTALL,
        ...["wasm-bindgen-cli", "--version", version, "--bin", "wasm-bindgen-test-runner"],
        "--no-default-features",
      ],
    });
  }
}

/** Builds cargo-deny, unless it is there. */
export async function installCargoDeny() {
  if (findCargoDeny() !== undefined) {
    return;
  }
  const args = [...INSTALL, "cargo-deny", "--version", CARGO_DENY];
  const build = (more) => cargoStep("cargo-deny, from source", 90, { args: [...args, ...more] });
  // The registry may lack a version that the tool's own lock file names.
  await build(["--locked"]).catch(() => build([]));
}

/**
 * Returns the path of cargo-deny, which checks the crate's dependencies, or `undefined` if it is missing.
 * @returns {string | undefined}
 */
export function findCargoDeny() {
  const path = join(tools, "bin", "cargo-deny");
  const isThere = isExecutable(path) && outputOf(path, ["--version"]).endsWith(` ${CARGO_DENY}`);
  return isThere ? path : undefined;
}

function lockedVersion(crate) {
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  const version = new RegExp(`name = "${crate}"\nversion = "([^"]+)"`).exec(lock)?.[1];
  if (version === undefined) {
    throw new SetupError(
      `Cargo.lock names no ${crate}: restore it with "git checkout Cargo.lock".`,
    );
  }
  return version;
}
