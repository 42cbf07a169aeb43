// The folders of this project, and messages to the person at the terminal. Plain JavaScript without dependencies:
// set-up imports it before any package is installed.
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const bin = join(root, "node_modules", ".bin");
/** The programs that set-up builds, such as wasm-bindgen's command line. */
export const tools = join(root, ".tools");

/** Prints a message to stderr, so that stdout has only results. */
export function say(text) {
  process.stderr.write(`${text}\n`);
}
