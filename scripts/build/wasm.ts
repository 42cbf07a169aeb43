// Builds the Wasm. cargo compiles the crate, wasm-bindgen writes the glue (the JavaScript around the Wasm), and
// wasm-opt makes the Wasm smaller.
import { statSync } from "node:fs";
import { join } from "node:path";
import { runOrThrow } from "../command.ts";
import { progress } from "../progress.mjs";
import { bin } from "../project.mjs";
import { findWasmBindgen } from "../setup/cargo-tools.mjs";
import { runCommand } from "../setup/commands.mjs";
import { compileCrate } from "../setup/crate.mjs";
import type { BuildPaths } from "./paths.ts";

/**
 * The passes of wasm-opt that make the compressed Wasm small. Twice they flatten the code, lay out its loops anew, and
 * optimize. `--low-memory-unused` holds because no pointer leads to the first kilobyte of the memory: it is the
 * end of the stack. Only small functions are inlined, and functions are sorted by name, so that the functions of one
 * crate, which resemble each other, lie side by side.
 */
const OPTIMIZE = [
  ...["--flatten", "--rereloop", "-Os"],
  ...["--flatten", "--rereloop", "-Oz", "-Oz", "--converge"],
  ...[
    "--low-memory-unused",
    "--one-caller-inline-max-function-size=20",
    "--reorder-functions-by-name",
    "--reorder-locals",
  ],
];

/** Builds `core.wasm` in `paths.dist`, and the glue in `paths.glue`. */
export async function buildWasm(paths: BuildPaths): Promise<void> {
  await buildGlue(paths);
  const strip = ["--strip-debug", "--strip-producers", "--strip-target-features"];
  await optimize(paths, [...strip, ...OPTIMIZE, "-o", join(paths.dist, "core.wasm")]);
}

/** Builds the glue in `paths.glue`, and beside it the Wasm without optimization. */
export async function buildGlue(paths: BuildPaths): Promise<void> {
  const compiled = await compileCrate(paths.features);
  // Writes core.js, core.d.ts and core_bg.wasm. The flag adds `__wbg_reset_state`, which starts a new instance of the
  // Wasm: npm/core/call.ts calls it after a trap of the old one.
  bindWasm(compiled, [
    ...["--target", "web", "--experimental-reset-state-function"],
    ...["--out-name", "core", "--out-dir", paths.glue],
  ]);
}

/**
 * Returns the path of the package's Wasm, but with the names of its functions. Builds it if it is older than the Wasm.
 * wasm-opt can't merge functions whose names are stripped only afterwards, so it runs once more.
 */
export async function buildNamedWasm(paths: BuildPaths): Promise<string> {
  const { namedWasm, dist } = paths;
  const builtMs = (file: string) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (builtMs(namedWasm) < builtMs(join(dist, "core.wasm"))) {
    await optimize(paths, [...OPTIMIZE, "--debuginfo", "-o", namedWasm]);
  }
  return namedWasm;
}

/** Runs wasm-bindgen. */
export function bindWasm(compiled: string, args: readonly string[]): void {
  runOrThrow(findWasmBindgen() ?? "wasm-bindgen", [...args, compiled]);
}

/** Runs wasm-opt on the Wasm that wasm-bindgen has written. */
async function optimize({ glue }: BuildPaths, args: readonly string[]): Promise<void> {
  await progress.step("the core, optimized for size", 10, async () => {
    const bound = join(glue, "core_bg.wasm");
    const { ok, stderr } = await runCommand(join(bin, "wasm-opt"), [bound, ...args]);
    if (!ok) {
      throw new Error(`wasm-opt failed:\n${stderr}`);
    }
  });
}
