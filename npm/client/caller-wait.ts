// One caller's wait for an in-flight exchange.

import { onAbort } from "../abort-listeners.js";
import type { TurnTimers } from "../timers.js";

/**
 * Waits for `ended`, for at most `waitMs` milliseconds, or until the caller's `signal` aborts. Rejects only if `ended`
 * rejects.
 */
export async function waitFor(
  timers: TurnTimers,
  waitMs: number,
  signal: AbortSignal | undefined,
  ended: Promise<void> | undefined,
): Promise<void> {
  if (signal?.aborted) {
    return; // it aborted during the exchange, and calls no listener any more
  }
  const timer = timers.start(waitMs);
  const ends = [timer.elapsed, ...(ended ? [ended] : [])];
  let stopListening = () => {};
  if (signal) {
    ends.push(
      new Promise((resolve) => {
        stopListening = onAbort(signal, resolve);
      }),
    );
  }
  try {
    await Promise.race(ends);
  } finally {
    timer.release();
    stopListening();
  }
}
