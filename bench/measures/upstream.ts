// Starts the service in a process of its own: what asks it under load shares no event loop with it.
import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Service } from "../service.ts";

export async function startUpstream(): Promise<{ env: Service["env"]; close(): void }> {
  const upstream = fork(join(import.meta.dirname, "..", "service-process.ts"));
  const [env] = (await once(upstream, "message")) as [Service["env"]];
  return { env, close: () => upstream.disconnect() };
}
