import { spawnSync } from "node:child_process";
import { delimiter } from "node:path";
import { bin, root } from "./setup.mjs";

interface Ran {
  readonly ok: boolean;
  readonly output: string;
}

interface How {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
}

/** Runs a command of this project to its end; its output is kept, not shown. */
export function run(command: string, args: readonly string[], how: How = {}): Ran {
  const env = { ...process.env, ...how.env };
  env["PATH"] = `${bin}${delimiter}${env["PATH"]}`;
  const options = { cwd: how.cwd ?? root, env, encoding: "utf8", maxBuffer: 2 ** 28 } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  return { ok: status === 0, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}` };
}

/** The same, for what must succeed. */
export function must(command: string, args: readonly string[], how: How = {}): string {
  const { ok, output } = run(command, args, how);
  if (!ok) {
    throw new Error(`${[command, ...args].join(" ")} failed:\n${output}`);
  }
  return output;
}
