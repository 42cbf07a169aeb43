// Runs commands for set-up. Plain JavaScript without dependencies.
import { spawn, spawnSync } from "node:child_process";
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

/**
 * Runs a command to its end, while this process goes on. `onStderr` gets each part of its messages as it comes.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, onStderr?: (text: string) => void }} [options]
 * @returns {Promise<{ ok: boolean, stdout: string, stderr: string }>}
 */
export function runCommand(command, args, { cwd = root, env = {}, onStderr } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      onStderr?.(text);
    });
    child.on("error", (error) => resolve({ ok: false, stdout, stderr: stderr + error.message }));
    child.on("close", (code) => resolve({ ok: code === 0, stdout, stderr }));
  });
}
