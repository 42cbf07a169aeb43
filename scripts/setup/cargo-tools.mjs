// Builds the command lines of wasm-bindgen and cargo-deny into .tools. Plain JavaScript without dependencies.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root, say, tools } from "../project.mjs";
import { outputOf, SetupError, succeeds, succeedsAloud } from "./commands.mjs";
import { isExecutable } from "./executables.mjs";

const CARGO_DENY = "0.20.2";

/** Without optimization. An optimized tool takes three times as long to build, and saves a tenth of a second a run. */
const INSTALL = [
  "install",
  ...["--debug", "--config", "profile.dev.debug=false"],
  ...["--root", tools, "--force"],
];

/** Builds the command line of the wasm-bindgen version in Cargo.lock, unless it is there. */
export function installWasmBindgen() {
  const version = lockedVersion("wasm-bindgen");
  const cli = join(tools, "bin", "wasm-bindgen");
  if (existsSync(cli) && outputOf(cli, ["--version"]).endsWith(` ${version}`)) {
    return;
  }
  say(`wasm-bindgen ${version}: building its command line (about a minute, once)`);
  mkdirSync(tools, { recursive: true });
  const args = [...INSTALL, "wasm-bindgen-cli", "--version", version, "--quiet"];
  if (!succeedsAloud("cargo", args)) {
    throw new SetupError(
      `"cargo install wasm-bindgen-cli --version ${version}" failed; see above.`,
    );
  }
}

/** Builds cargo-deny, unless it is there. A failure is only a message: the check that needs it reports it. */
export function installCargoDeny() {
  if (findCargoDeny() !== undefined) {
    return;
  }
  say(`cargo-deny ${CARGO_DENY}: building it (about a minute, once)`);
  const args = [...INSTALL, "cargo-deny", "--version", CARGO_DENY];
  // The registry may lack a version that the tool's own lock file names.
  if (!succeeds("cargo", [...args, "--locked"]) && !succeeds("cargo", args)) {
    say(`cargo-deny could not be built: run "cargo ${args.join(" ")}" to see the error.`);
  }
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
