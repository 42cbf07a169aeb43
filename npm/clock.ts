import type { Cancellation } from "./client/cancellation.js";
import { queueMicrotask } from "./core/host.js";
import { plainError, safeCause } from "./errors.js";

/**
 * The clock that does not follow the wall clock's jumps, in milliseconds. Cloudflare's Workers have
 * none: there the time origin is 0 and `performance.now()` is the wall clock. It is looked up each
 * time: fake timers may replace it at any time.
 */
export function steadyMs(): number {
  const { performance } = globalThis as { performance?: Performance };
  return performance === undefined || performance.timeOrigin === 0 ? Date.now() : performance.now();
}

/** A timer, or an error that says why there can be none. */
export function setTimer(run: () => void, ms: number): ReturnType<typeof setTimeout> {
  try {
    return setTimeout(run, ms);
  } catch (thrown) {
    const message =
      "expected a call while a request is handled, found one where no timer may be set, such as a Worker's global scope";
    throw plainError("P4P_INVALID_OPTIONS", message, safeCause(thrown, []));
  }
}

/** What {@link withTimeout} throws when time is up. */
export const TIMED_OUT = Symbol("late");

/**
 * Returns what `run` comes to. Throws `TIMED_OUT` when `run` takes longer than `ms`, or when `cancellation` ends the wait: `run`
 * goes on then, and nobody waits for it.
 */
export async function withTimeout<Value>(
  ms: number,
  run: () => Promise<Value>,
  cancellation?: Cancellation,
): Promise<Value> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimer(() => reject(TIMED_OUT), ms);
    cancellation?.addEventListener("abort", () => reject(TIMED_OUT));
  });
  try {
    return await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

interface Timer {
  readonly ms: number;
  readonly rings: Promise<void>;
  waiters: number;
  readonly clear: () => void;
}

/**
 * Timers for many who wait for the same time. Callers that begin within one turn share one: on Workers
 * a turn belongs to one request, as a timer does, and a request may have 10,000 of them.
 */
export class TurnTimers {
  #current: Timer | undefined;

  /** A promise that resolves after `ms`; to be released when nobody waits for it any more. */
  start(ms: number): { readonly rings: Promise<void>; release(): void } {
    const timer = this.#current?.ms === ms ? this.#current : this.#begin(ms);
    timer.waiters += 1;
    return {
      // Rings early when it is another request's after all, and that one ends: workerd rejects it then.
      rings: timer.rings.catch(() => {}),
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
    const rings = new Promise<void>((resolve) => {
      const id = setTimeout(resolve, ms);
      clear = () => clearTimeout(id);
    });
    const timer = { ms, rings, waiters: 0, clear };
    this.#current = timer;
    queueMicrotask(() => {
      if (this.#current === timer) {
        this.#current = undefined;
      }
    });
    return timer;
  }
}
