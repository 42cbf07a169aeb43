// Builds the Wasm. cargo compiles the crate, wasm-bindgen writes the glue (the JavaScript around the Wasm), and
// wasm-opt makes the Wasm smaller.
import { homedir } from "node:os";
import { join } from "node:path";
import { runOrThrow } from "../command.ts";
import { root, tools } from "../project.mjs";
import { wasmToolchain } from "../setup/wasm-toolchain.mjs";
import type { BuildPaths } from "./paths.ts";

/**
 * The passes of wasm-opt that make the compressed Wasm small. They flatten the code, lay out its loops anew, and
 * optimize twice. `--low-memory-unused` holds because no pointer leads to the first kilobyte of the memory: it is the
 * end of the stack. Only small functions are inlined, and functions are sorted by name, so that the functions of one
 * crate, which resemble each other, lie side by side.
 */
const OPTIMIZE = [
  ...["--flatten", "--rereloop", "-Oz", "-Oz", "--converge", "--low-memory-unused"],
  ...[
    "--one-caller-inline-max-function-size=20",
    "--reorder-functions-by-name",
    "--reorder-locals",
  ],
];

/** Builds `core.wasm` in `paths.dist`, and the glue in `paths.glue`. */
export function buildWasm(paths: BuildPaths): void {
  const compiled = compileCrate(paths.features);
  // Writes core.js, core.d.ts and core_bg.wasm. The second flag adds `__wbg_reset_state`, which starts a
  // new instance of the Wasm: npm/core/call.ts calls it after a trap of the old one.
  runOrThrow(join(tools, "bin", "wasm-bindgen"), [
    ...["--target", "web"],
    "--experimental-reset-state-function",
    ...["--out-name", "core"],
    ...["--out-dir", paths.glue],
    compiled,
  ]);
  const bound = join(paths.glue, "core_bg.wasm");
  // Once with the names of functions, for `npm run size`, and once without. wasm-opt can't merge functions whose names
  // are stripped only afterwards.
  runOrThrow("wasm-opt", [bound, ...OPTIMIZE, "--debuginfo", "-o", paths.namedWasm]);
  const strip = ["--strip-debug", "--strip-producers", "--strip-target-features"];
  runOrThrow("wasm-opt", [bound, ...strip, ...OPTIMIZE, "-o", join(paths.dist, "core.wasm")]);
}

/** A panic names its source file. This keeps the folders of this machine out of that name. */
const WITHOUT_PATHS = [
  `--remap-path-prefix=${process.env["CARGO_HOME"] ?? join(homedir(), ".cargo")}=cargo`,
  `--remap-path-prefix=${root}=.`,
];

/** LLVM inlines hardly any function, and unrolls no loop: 3 kB less (docs/size.md). */
const FEW_COPIES = ["inline-threshold=0", "inlinehint-threshold=20", "unroll-threshold=0"].map(
  (setting) => `-Cllvm-args=-${setting}`,
);

/** Compiles the crate. Returns the path of its Wasm, as wasm-bindgen takes it. */
export function compileCrate(features: readonly string[] = []): string {
  const { cargo, args, env } = wasmToolchain();
  const build = ["build", "--release", "--lib", "--locked", `--features=${features.join()}`];
  const format = "--message-format=json-render-diagnostics";
  const messages = runOrThrow(cargo, [...build, format, ...args], {
    env: { ...env, CARGO_ENCODED_RUSTFLAGS: [...WITHOUT_PATHS, ...FEW_COPIES].join("\x1f") },
  });
  const wasm = messages.match(/"([^"]+pay4power_auth\.wasm)"/)?.[1];
  if (wasm === undefined) {
    throw new Error("cargo built no Wasm");
  }
  return wasm;
}
