// Starts the service in a process of its own, so that it shares no event loop with the load on it.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { HttpService } from "./http-service.ts";

export async function forkHttpService(): Promise<{ env: HttpService["env"]; close(): void }> {
  const child = fork(join(import.meta.dirname, "http-service-process.ts"));
  const [env] = (await once(child, "message")) as [HttpService["env"]];
  return { env, close: () => child.disconnect() };
}
