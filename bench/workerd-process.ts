// Starts a process of workerd, and measures the time to its first response.
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type { Readable } from "node:stream";

export const workerd = createRequire(import.meta.url)("workerd") as {
  default: string;
  version: string;
};

export interface WorkerFolder {
  /** The folder of `worker.js`. */
  readonly folder: string;
  /** The Wasm that it imports as `./core.wasm`. */
  readonly wasm?: string | undefined;
  readonly env?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

/** Writes the configuration of a Worker into its folder. */
export function writeWorkerConfig({ folder, wasm, env = {}, flags = [] }: WorkerFolder): void {
  mkdirSync(folder, { recursive: true });
  const modules = ['(name = "worker.js", esModule = embed "worker.js")'];
  if (wasm !== undefined) {
    copyFileSync(wasm, join(folder, "core.wasm"));
    modules.push('(name = "core.wasm", wasm = embed "core.wasm")');
  }
  const bindings = Object.entries(env).map(
    ([name, text]) => `(name = "${name}", text = "${text}")`,
  );
  writeFileSync(
    join(folder, "config.capnp"),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [${modules.join(", ")}],
      compatibilityDate = "2026-07-01",
      compatibilityFlags = ${JSON.stringify(flags)},
      bindings = [${bindings.join(", ")}],
    )),
    (name = "internet", network = (allow = ["private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);`,
  );
}

/** Returns the time from the start of the process to the end of its first response, which must be `ok`. */
export async function firstResponseMs(folder: string): Promise<number> {
  const begun = performance.now();
  const child = spawn(workerd.default, ["serve", "--control-fd=3", "config.capnp"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit", "pipe"],
  });
  const exited = new Promise((resolve) => child.once("exit", resolve));
  try {
    const port = await portOf(child.stdio[3] as Readable);
    const response = await fetch(`http://127.0.0.1:${port}/`);
    const text = await response.text();
    if (!response.ok || text !== "ok") {
      throw new Error(`the Worker in ${folder} answered ${response.status}: ${text}`);
    }
    return performance.now() - begun;
  } finally {
    child.kill("SIGKILL");
    await exited;
  }
}

/** Reads the port from workerd's control channel. */
async function portOf(control: Readable): Promise<number> {
  let output = "";
  for await (const chunk of control) {
    output += String(chunk);
    const port = /"port":(\d+)/.exec(output)?.[1];
    if (port !== undefined) {
      return Number(port);
    }
  }
  throw new Error(`workerd did not start: ${output}`);
}
