// A server in a process of its own, with what it prints.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { originOf } from "../../scripts/local-server.ts";
import { answers } from "./tools.ts";

export interface Program {
  readonly origin: string;
  /** Returns what it printed. */
  output(): string;
  stop(): Promise<void>;
}

interface ProgramOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** The port on which it listens. */
  readonly port: number;
}

/** Starts a server, and waits until it answers. Throws if it ends before that. */
export async function startProgram(
  command: string,
  args: readonly string[],
  { cwd, env, port }: ProgramOptions,
): Promise<Program> {
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env } });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const ended = once(child, "close");
  const stop = async () => {
    child.kill();
    await ended;
  };
  const origin = originOf(port);
  const failed = ended.then(() => Promise.reject(new Error(`${command} ended:\n${output}`)));
  try {
    await Promise.race([answers(origin), failed]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { origin, output: () => output, stop };
}
