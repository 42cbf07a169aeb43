// Set-up: installs everything that a fresh machine with Node and cargo lacks. set-up-and-run.mjs calls it. Plain
// JavaScript without dependencies: it runs before any package is installed.
import { join } from "node:path";
import { root } from "./project.mjs";
import { installCargoDeny, installWasmBindgen } from "./setup/cargo-tools.mjs";
import { SetupError, succeeds } from "./setup/commands.mjs";
import { installNpmPackages } from "./setup/npm-packages.mjs";
import { installBrowser, installRedis } from "./setup/test-programs.mjs";
import { wasmToolchain } from "./setup/wasm-toolchain.mjs";

/** Installs all that is missing. `forChecks` adds the programs that only `npm test` needs. */
export function setup({ forChecks }) {
  if (!installNpmPackages(root)) {
    throw new SetupError("npm ci failed; see above.");
  }
  if (!succeeds("cargo", ["--version"])) {
    throw new SetupError(
      "cargo is missing: install Rust from https://rustup.rs, then run this again.",
    );
  }
  wasmToolchain();
  installWasmBindgen();
  installBrowser();
  if (forChecks) {
    installRedis();
    installCargoDeny();
    // Tests that need a missing package report it.
    installNpmPackages(join(root, "tests", "matrix"));
    installNpmPackages(join(root, "tests", "matrix", "next-14"));
  }
}
