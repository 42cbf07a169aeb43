import { setTimeout as sleep } from "node:timers/promises";

/** Sleeps, but not for 0 ms: even that timer would cost every answer a turn of the event loop. */
export async function pause(ms: number): Promise<void> {
  if (ms > 0) {
    await sleep(ms);
  }
}
