import type { TurnTimers } from "../clock.js";
import { onAbort } from "./cancellation.js";

/** Waits for `end`, for `waitMs` at most, or until the caller's `signal` aborts. Never rejects if `end` doesn't. */
export async function waitFor(
  timers: TurnTimers,
  waitMs: number,
  signal: AbortSignal | undefined,
  end: Promise<void> | undefined,
): Promise<void> {
  if (signal?.aborted) {
    return; // aborted during the exchange: a listener would not be called
  }
  const timer = timers.start(waitMs);
  const any = [timer.rings, ...(end ? [end] : [])];
  let stopListening = () => {};
  if (signal) {
    any.push(
      new Promise((resolve) => {
        stopListening = onAbort(signal, resolve);
      }),
    );
  }
  try {
    await Promise.race(any);
  } finally {
    timer.release();
    stopListening();
  }
}
