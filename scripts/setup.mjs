// Set-up: installs everything that a fresh machine with Node and cargo lacks. set-up-and-run.mjs calls it. Plain
// JavaScript without dependencies: it runs before any package is installed.
import { join } from "node:path";
import { root, say } from "./project.mjs";
import { installCargoDeny, installTestRunner, installWasmBindgen } from "./setup/cargo-tools.mjs";
import { SetupError, succeeds } from "./setup/commands.mjs";
import { compileNewCrate } from "./setup/crate.mjs";
import { installNpmPackages } from "./setup/npm-packages.mjs";
import { installBrowser, installRedis } from "./setup/test-programs.mjs";
import { wasmToolchain } from "./setup/wasm-toolchain.mjs";

/** Installs all that is missing. `forChecks` adds the programs that only `npm test` needs. */
export async function setup({ forChecks }) {
  if (!succeeds("cargo", ["--version"])) {
    throw new SetupError(
      "cargo is missing: install Rust from https://rustup.rs, then run this again.",
    );
  }
  wasmToolchain();
  // At the same time: one of them waits for the network, the others for the processor.
  await Promise.all([installNpmPackages(root), installWasmBindgen(), compileNewCrate()]);
  if (forChecks) {
    installBrowser();
    installRedis();
    await Promise.all([installTestPackages(), installTestTools()]);
  }
}

/** A failure is only a message: the tests that need a missing package report it. */
async function installTestPackages() {
  for (const folder of ["tests/matrix", "tests/matrix/next-14", "scripts/typedoc"]) {
    await installNpmPackages(join(root, folder)).catch(reportOnly);
  }
}

async function installTestTools() {
  await installTestRunner();
  await installCargoDeny().catch(reportOnly);
}

function reportOnly(error) {
  if (!(error instanceof SetupError)) {
    throw error;
  }
  say(error.message);
}
