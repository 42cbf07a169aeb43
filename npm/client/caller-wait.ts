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
  let stopListening = () => {};
  const aborted = new Promise<void>((resolve) => {
    stopListening = onAbort(signal, resolve);
  });
  try {
    await Promise.race([timer.elapsed, aborted, ...(ended ? [ended] : [])]);
  } finally {
    timer.release();
    stopListening();
  }
}
