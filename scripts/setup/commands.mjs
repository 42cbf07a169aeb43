// Runs commands for set-up. Plain JavaScript without dependencies.
import { spawnSync } from "node:child_process";
import { root } from "../project.mjs";

/** A message for the person at the terminal. It needs no stack trace. */
export class SetupError extends Error {}

/** Returns the output of a command, or "" if it can't run. */
export function outputOf(command, args) {
  return spawnSync(command, args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
}

/** Runs a command in silence. Returns true if it succeeds. */
export function succeeds(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: "ignore" }).status === 0;
}

/** Runs a command, and prints its output to stderr. Returns true if it succeeds. */
export function succeedsAloud(command, args, cwd = root) {
  return spawnSync(command, args, { cwd, stdio: ["ignore", 2, 2] }).status === 0;
}
