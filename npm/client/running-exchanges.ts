// The running exchanges. Finds those whose request is gone, and a core that has stopped.
import { monotonicMs } from "../clock.js";
import { replace } from "../core/call.js";
import { isEntered } from "../core/host.js";
import { isWorkers } from "../runtime.js";
import { setTimer } from "../timers.js";
import type { Cancellation } from "./cancellation.js";

/** How late an exchange may report or settle, in milliseconds. */
const WATCHDOG_GRACE_MS = 1_000;
/** More microtasks than an exchange takes from its timer to its end. */
const MAX_MICROTASKS = 50;
/** After so many exchanges that were left behind, the core is replaced: it keeps 6 to 15 kB for each of them. */
const MAX_LEFT_BEHIND = 100;

const running = new Set<RunningExchange>();
/** No running exchange is overdue before this instant of the monotonic clock, in milliseconds. */
let earliestDueMs = Number.POSITIVE_INFINITY;
let leftBehindCount = 0;

/** An exchange that has begun and not settled. */
export class RunningExchange {
  readonly cancellation: Cancellation;
  /** When the exchange is overdue, by the monotonic clock, in milliseconds. Infinite until its first report. */
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

  /** Expects the next report, or the end, by this instant of the monotonic clock. */
  expectReportBy(untilMs: number): void {
    this.dueMs = untilMs + WATCHDOG_GRACE_MS;
    earliestDueMs = Math.min(earliestDueMs, this.dueMs);
    this.#startWatchdog(Math.max(0, untilMs - monotonicMs()));
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
  }
}

/**
 * Cancels the exchanges that are overdue. On Workers it only counts them: the runtime never resumes an exchange whose
 * request has ended, and warns when another request ends it. Call it before an exchange begins: a core that is replaced
 * at the end of an exchange takes its result along.
 */
export function endOverdueExchanges(): void {
  const monotonicNowMs = monotonicMs();
  if (monotonicNowMs >= earliestDueMs) {
    earliestDueMs = Number.POSITIVE_INFINITY;
    for (const exchange of [...running]) {
      if (exchange.dueMs <= monotonicNowMs) {
        running.delete(exchange);
        exchange.isLeftBehind = isWorkers();
        if (exchange.isLeftBehind) {
          leftBehindCount += 1;
        } else {
          exchange.cancellation.cancel();
        }
      } else {
        earliestDueMs = Math.min(earliestDueMs, exchange.dueMs);
      }
    }
  }
  if (leftBehindCount >= MAX_LEFT_BEHIND && running.size === 0 && !isEntered()) {
    leftBehindCount = 0;
    replace();
  }
}
