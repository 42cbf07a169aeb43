// Timers. All times are in milliseconds.
import type { Cancellation } from "./client/cancellation.js";
import { queueMicrotask } from "./core/host.js";
import { plainError, safeCause } from "./errors.js";

/** Starts a timer. Throws a clear error where the platform allows none. */
export function setTimer(run: () => void, ms: number): ReturnType<typeof setTimeout> {
  try {
    return setTimeout(run, ms);
  } catch (thrown) {
    const message =
      "expected a call while a request is handled, found one where no timer may be set, such as a Worker's global scope";
    throw plainError("P4P_INVALID_OPTIONS", message, safeCause(thrown, []));
  }
}

/** The value that {@link withTimeout} throws when the time is over, or the wait is cancelled. */
export const WAIT_ENDED = Symbol("wait ended");

/**
 * Returns the result of `run`. Throws `WAIT_ENDED` if `run` takes longer than `ms`, or if `cancellation` ends the wait.
 * Then `run` continues without a waiter.
 */
export async function withTimeout<Value>(
  ms: number,
  run: () => Promise<Value>,
  cancellation?: Cancellation,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timedOut = new Promise<never>((_, reject) => {
    timer = setTimer(() => reject(WAIT_ENDED), ms);
    cancellation?.addEventListener("abort", () => reject(WAIT_ENDED));
  });
  try {
    return await Promise.race([run(), timedOut]);
  } finally {
    clearTimeout(timer);
  }
}

interface Timer {
  readonly ms: number;
  readonly elapsed: Promise<void>;
  waiters: number;
  readonly clear: () => void;
}

/**
 * Timers for callers that wait for the same time. Callers that start within one turn share one timer. A turn is the code
 * that runs until the next microtask. On Workers a turn belongs to one request, as a timer does, and a request may have
 * at most 10,000 timers.
 */
export class TurnTimers {
  #current: Timer | undefined;

  /** Returns a promise that resolves after `ms`. The caller must release it when it stops waiting. */
  start(ms: number): { readonly elapsed: Promise<void>; release(): void } {
    const timer = this.#current?.ms === ms ? this.#current : this.#begin(ms);
    timer.waiters += 1;
    return {
      // If the timer belongs to another request after all, workerd rejects it when that request ends. Then it elapses
      // early.
      elapsed: timer.elapsed.catch(() => {}),
      release: () => {
        timer.waiters -= 1;
        if (timer.waiters === 0) {
          timer.clear();
          if (this.#current === timer) {
            this.#current = undefined;
          }
        }
      },
    };
  }

  #begin(ms: number): Timer {
    let clear = () => {};
    const elapsed = new Promise<void>((resolve) => {
      const id = setTimeout(resolve, ms);
      clear = () => clearTimeout(id);
    });
    const timer = { ms, elapsed, waiters: 0, clear };
    this.#current = timer;
    queueMicrotask(() => {
      if (this.#current === timer) {
        this.#current = undefined;
      }
    });
    return timer;
  }
}
