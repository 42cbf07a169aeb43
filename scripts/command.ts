// Runs commands of this project, such as cargo, esbuild or npm. Scripts and tests import it.
import { spawnSync } from "node:child_process";
import { delimiter } from "node:path";
import { bin, root } from "./project.mjs";

interface CommandResult {
  readonly ok: boolean;
  /** The exit code, or `null` if a signal ended the command. */
  readonly code: number | null;
  readonly output: string;
}

interface CommandOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** Runs a command and waits for its end. Returns its output, and prints nothing. */
export function run(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): CommandResult {
  const env = { ...process.env, ...options.env };
  env["PATH"] = `${bin}${delimiter}${env["PATH"]}`;
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd: options.cwd ?? root,
    env,
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  return {
    ok: status === 0,
    code: status,
    output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}`,
  };
}

/** Runs a command, and throws if it fails. Returns its output. */
export function runOrThrow(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): string {
  const { ok, output } = run(command, args, options);
  if (!ok) {
    throw new Error(`${[command, ...args].join(" ")} failed:\n${output}`);
  }
  return output;
}
