// The commands that make the reference. `npm run docs` and `npm test` run them. Each fails on a warning.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.mjs";
import { wasmToolchain } from "./setup/wasm-toolchain.mjs";
import type { Step } from "./step.ts";

/** The folder of typedoc's settings and packages. */
export const typedocFolder = join(root, "scripts", "typedoc");

const wasm = wasmToolchain();
const DENY_WARNINGS = { RUSTDOCFLAGS: "-D warnings" };
const typedoc = join(typedocFolder, "node_modules", "typedoc", "bin", "typedoc");

export const RUSTDOC_HOST: Step = {
  name: "rustdoc, host",
  command: "cargo",
  args: ["doc", "--locked", "--no-deps", "--quiet"],
  env: DENY_WARNINGS,
};

/** The shell, with its private items: most of its modules are private. */
export const RUSTDOC_WASM: Step = {
  name: "rustdoc, wasm32",
  command: wasm.cargo,
  args: ["doc", "--locked", "--no-deps", "--quiet", "--document-private-items", ...wasm.args],
  env: { ...wasm.env, ...DENY_WARNINGS },
};

export const TYPEDOC: Step = {
  name: "typedoc",
  command: "node",
  args: [typedoc, "--options", join(typedocFolder, "typedoc.jsonc"), "--logLevel", "Warn"],
  needs: { typedoc: existsSync(typedoc) ? typedoc : undefined },
};

/** Returns the folders that rustdoc writes to, for the host and for Wasm. */
export function rustdocFolders(): { readonly host: string; readonly wasm32: string } {
  const target = join(root, "target");
  const other = wasm.args[wasm.args.indexOf("--target-dir") + 1];
  const ofWasm = wasm.args.includes("--target-dir") && other !== undefined ? other : target;
  return {
    host: join(target, "doc"),
    wasm32: join(ofWasm, "wasm32-unknown-unknown", "doc"),
  };
}
