// Runs an exchange in the core. Finds exchanges whose request is gone, and a core that has stopped.
import { setTimer, steadyMs } from "../clock.js";
import { errorOf, replace, unlessTrapped } from "../core/call.js";
import { isEntered } from "../core/host.js";
import { type AuthError, isControlFlow } from "../errors.js";
import type { Progress } from "../generated/core.js";
import { isWorkers } from "../runtime.js";
import type { Cancellation } from "./cancellation.js";

/** Passes a cancellation as a signal. The core accepts any object with the members of a signal. */
export const asSignal = (cancellation: Cancellation): AbortSignal =>
  cancellation as unknown as AbortSignal;

interface RunOptions {
  readonly cancellation: Cancellation;
  readonly onProgress: (progress: Progress) => void;
  /** Called when the instance of the core ends during the exchange: it has trapped or was replaced. */
  readonly onInstanceEnd: () => void;
  /** The texts that no error may show. */
  readonly secrets: readonly string[];
}

/**
 * Runs an exchange of the core to its end. Returns `undefined` if the exchange was cancelled. Rejects only with a
 * framework's control flow, which it passes on unchanged.
 */
export async function runExchange<Value>(
  { cancellation, onProgress, onInstanceEnd, secrets }: RunOptions,
  start: (report: (progress: Progress) => void) => Promise<Value>,
): Promise<Value | AuthError | undefined> {
  const exchange = new RunningExchange(cancellation);
  try {
    endOverdueExchanges();
    exchange.begin();
    const report = (progress: Progress) => {
      exchange.expectReportBy(progress.untilMs);
      // The cause can hold a secret, and all waiters get this error.
      onProgress(
        progress.reason === "wait"
          ? { ...progress, error: errorOf(progress.error, secrets) }
          : progress,
      );
    };
    return await unlessTrapped(
      () => start(report),
      onInstanceEnd,
      () => exchange.isLeftBehind,
    );
  } catch (thrown) {
    if (cancellation.aborted) {
      return undefined;
    }
    if (isControlFlow(thrown)) {
      throw thrown;
    }
    return errorOf(thrown, secrets);
  } finally {
    exchange.settle();
  }
}

/** How late an exchange may report or settle, in milliseconds. */
const WATCHDOG_GRACE_MS = 1_000;
/** More microtasks than an exchange takes from its timer to its end. */
const MAX_MICROTASKS = 50;
/** After so many exchanges that were left behind, the core is replaced: each of them keeps some of its memory. */
const MAX_LEFT_BEHIND = 1_000;

const running = new Set<RunningExchange>();
/** No running exchange is overdue before this instant of the steady clock, in milliseconds. */
let earliestDueMs = Number.POSITIVE_INFINITY;
let leftBehindCount = 0;

/** An exchange that has begun and not settled. */
class RunningExchange {
  readonly cancellation: Cancellation;
  /** When the exchange is overdue, by the steady clock, in milliseconds. Infinite until its first report. */
  dueMs = Number.POSITIVE_INFINITY;
  /** True if the exchange was overdue when another one began, on Workers. */
  isLeftBehind = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(cancellation: Cancellation) {
    this.cancellation = cancellation;
  }

  begin(): void {
    running.add(this);
    this.#startWatchdog(0); // the core reports in a microtask
  }

  /** Expects the next report, or the end, by this instant of the steady clock. */
  expectReportBy(untilMs: number): void {
    const nowMs = steadyMs();
    this.dueMs = untilMs + WATCHDOG_GRACE_MS;
    earliestDueMs = Math.min(earliestDueMs, this.dueMs);
    this.#startWatchdog(Math.max(0, untilMs - nowMs));
  }

  /** Replaces the core if the exchange neither reports nor settles within `waitMs` and the grace. */
  #startWatchdog(waitMs: number): void {
    clearTimeout(this.#watchdog);
    // The timer belongs to the request that made the exchange, and ends with it. If the timer fires, the request is
    // still there but its exchange makes no progress: the core has stopped without a trap.
    this.#watchdog = setTimer(() => this.#onWatchdog(), waitMs + WATCHDOG_GRACE_MS);
  }

  async #onWatchdog(): Promise<void> {
    if (this.isLeftBehind) {
      this.cancellation.cancel(); // its request is there after all
      return;
    }
    const { dueMs } = this;
    // With fake timers, the core's own timer has fired in this very turn. Then the exchange is about to report.
    for (let microtasks = 0; microtasks < MAX_MICROTASKS; microtasks++) {
      await undefined;
    }
    if (running.has(this) && this.dueMs === dueMs) {
      replace();
    }
  }

  settle(): void {
    clearTimeout(this.#watchdog);
    running.delete(this);
    replaceIfFull();
  }
}

/**
 * Cancels the exchanges that are overdue. On Workers it only counts them: the runtime never resumes an exchange whose
 * request has ended, and warns when another request ends it.
 */
function endOverdueExchanges(): void {
  const nowMs = steadyMs();
  if (nowMs < earliestDueMs) {
    return;
  }
  earliestDueMs = Number.POSITIVE_INFINITY;
  for (const exchange of [...running]) {
    if (exchange.dueMs <= nowMs) {
      running.delete(exchange);
      leftBehindCount += 1;
      exchange.isLeftBehind = isWorkers();
      if (!exchange.isLeftBehind) {
        exchange.cancellation.cancel();
      }
    } else {
      earliestDueMs = Math.min(earliestDueMs, exchange.dueMs);
    }
  }
  replaceIfFull();
}

function replaceIfFull(): void {
  if (leftBehindCount >= MAX_LEFT_BEHIND && running.size === 0 && !isEntered()) {
    leftBehindCount = 0;
    replace();
  }
}
