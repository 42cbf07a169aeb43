// Waits before an answer.
import { setTimeout as sleep } from "node:timers/promises";

/** Waits `ms` milliseconds. For 0 it starts no timer: a timer would cost every answer a turn of the event loop. */
export async function delay(ms: number): Promise<void> {
  if (ms > 0) {
    await sleep(ms);
  }
}
