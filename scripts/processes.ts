// What the system tells of the processes that this one has started. Only Linux tells it.
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

/** Returns the children of this process that run a program with this name. */
export function childrenNamed(program: string): number[] {
  return namesIn("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => isChildNamed(pid, program));
}

function isChildNamed(pid: number, program: string): boolean {
  const [, parent] = textOf(`/proc/${pid}/stat`)
    .replace(/^.*\) /s, "")
    .split(" ");
  const [path = ""] = textOf(`/proc/${pid}/cmdline`).split("\0");
  return Number(parent) === process.pid && basename(path) === program;
}

/** Returns the number of open file descriptors of a process. `undefined` if the system does not tell. */
export const descriptorsOf = (pid: number): number | undefined =>
  namesIn(`/proc/${pid}/fd`).length || undefined;

/** Returns how long the threads of a process have run, in milliseconds. `undefined` if the system does not tell. */
export function processorMsOf(pid: number): number | undefined {
  const threads = namesIn(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) =>
    Number(textOf(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0]),
  );
  return nanoseconds.reduce((sum, next) => sum + next, 0) / 1e6 || undefined;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // another system, or the process has ended
  }
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
