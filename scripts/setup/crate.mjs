// Compiles the crate to Wasm. Plain JavaScript without dependencies: set-up begins it while packages are installed.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { root } from "../project.mjs";
import { cargoStep } from "./cargo.mjs";
import { wasmToolchain } from "./wasm-toolchain.mjs";

/** A panic names its source file. This keeps the folders of this machine out of that name. */
const WITHOUT_PATHS = [
  `--remap-path-prefix=${process.env.CARGO_HOME ?? join(homedir(), ".cargo")}=cargo`,
  `--remap-path-prefix=${root}=.`,
];

/** LLVM inlines hardly any function, and unrolls no loop: 3 kB less (docs/size.md). */
const FEW_COPIES = ["inline-threshold=0", "inlinehint-threshold=20", "unroll-threshold=0"].map(
  (setting) => `-Cllvm-args=-${setting}`,
);

/**
 * Compiles the crate. Returns the path of its Wasm, as wasm-bindgen takes it. `usualS` is how long it takes.
 * @param {readonly string[]} features
 * @param {string} what
 * @param {number} usualS
 * @returns {Promise<string>}
 */
export async function compileCrate(features = [], what = "the core", usualS = 10) {
  const { cargo, args, env } = wasmToolchain();
  const build = ["build", "--release", "--lib", "--locked", `--features=${features.join()}`];
  const format = "--message-format=json-render-diagnostics";
  const messages = await cargoStep([`${what}, Rust to Wasm`, ...features].join(", "), usualS, {
    cargo,
    args: [...build, format, ...args],
    env: { ...env, CARGO_ENCODED_RUSTFLAGS: [...WITHOUT_PATHS, ...FEW_COPIES].join("\x1f") },
  });
  const wasm = messages.match(/"([^"]+pay4power_auth\.wasm)"/)?.[1];
  if (wasm === undefined) {
    throw new Error("cargo built no Wasm");
  }
  return wasm;
}

/** Compiles the crate and its dependencies for the first time. Later, the build compiles what has changed. */
export async function compileNewCrate() {
  if (!existsSync(join(root, "target", "npm"))) {
    await compileCrate([], "the core and its crates", 85);
  }
}
