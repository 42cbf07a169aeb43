// A Redis of the test's own, which keeps nothing.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePort } from "../../scripts/local-server.ts";
import { findRedis } from "../../scripts/setup/test-programs.mjs";

export interface RedisServer {
  readonly url: string;
  /** Answers nobody any more, but keeps the connections. */
  hang(): void;
  wake(): void;
  /** Ends at once, as when it crashes. */
  kill(): Promise<void>;
}

export async function startRedis(): Promise<RedisServer> {
  const command = findRedis();
  if (command === undefined) {
    throw new Error("redis-server is missing");
  }
  const folder = mkdtempSync(join(tmpdir(), "pay4power-redis-"));
  const port = await freePort();
  const settings = { bind: "127.0.0.1", port, dir: folder, save: "", appendonly: "no" };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const server = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(server, "exit").then(() => rmSync(folder, { recursive: true, force: true }));
  for await (const line of createInterface(server.stdout)) {
    if (line.includes("Ready to accept connections")) {
      server.stdout.resume();
      return {
        url: `redis://127.0.0.1:${port}`,
        hang: () => server.kill("SIGSTOP"),
        wake: () => server.kill("SIGCONT"),
        async kill() {
          server.kill("SIGKILL");
          await ended;
        },
      };
    }
  }
  throw new Error("redis-server ended before it was ready");
}
