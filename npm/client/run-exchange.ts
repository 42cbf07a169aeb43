// An exchange in the core, from its first attempt to its last.
import { setTimer, steadyMs } from "../clock.js";
import { errorOf, replace, unlessTrapped } from "../core/call.js";
import { isEntered } from "../core/host.js";
import { type AuthError, isControlFlow } from "../errors.js";
import type { Progress } from "../generated/core.js";
import { isWorkers } from "../runtime.js";
import type { Cancellation } from "./cancellation.js";

/** The core takes whatever has the members of one. */
export const asSignal = (cancellation: Cancellation): AbortSignal =>
  cancellation as unknown as AbortSignal;

interface Run {
  readonly cancellation: Cancellation;
  readonly onProgress: (progress: Progress) => void;
  /** Called when the core traps meanwhile. */
  readonly onTrap: () => void;
  /** What must not be seen in any error. */
  readonly secrets: readonly string[];
}

/**
 * Runs an exchange of the core to its end. Nothing when it was ended. Rejects only with a framework's
 * control flow, which is handed on as it is.
 */
export async function runExchange<Value>(
  { cancellation, onProgress, onTrap, secrets }: Run,
  start: (report: (progress: Progress) => void) => Promise<Value>,
): Promise<Value | AuthError | undefined> {
  const own = new RunningExchange(cancellation);
  try {
    endThoseLeftBehind();
    own.begins();
    const report = (progress: Progress) => {
      own.isDueAt(progress.untilMs);
      // What was thrown can hold a secret, and this error is told to all who wait.
      onProgress(
        progress.reason === "wait"
          ? { ...progress, error: errorOf(progress.error, secrets) }
          : progress,
      );
    };
    return await unlessTrapped(
      () => start(report),
      onTrap,
      () => own.isLeftBehind,
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
    own.settles();
  }
}

/** How much later than it should an exchange may report or settle. */
const WATCHDOG_GRACE_MS = 1_000;
/** More microtasks than an exchange takes from its timer to its end. */
const MAX_TURNS = 50;
/** Each exchange that nobody came back for leaves something in the core's memory. So many are enough. */
const MAX_LEFT_BEHIND = 1_000;

const running = new Set<RunningExchange>();
/** None of them is past its time before this. */
let noneDueBeforeMs = Number.POSITIVE_INFINITY;
let leftBehind = 0;

/** An exchange that has begun and not settled. */
class RunningExchange {
  readonly cancellation: Cancellation;
  /** When it is past its time, once it has reported. */
  dueMs = Number.POSITIVE_INFINITY;
  /** Whether it was past its time when another exchange began, on Workers. */
  isLeftBehind = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(cancellation: Cancellation) {
    this.cancellation = cancellation;
  }

  begins(): void {
    running.add(this);
    this.#watch(0); // it reports in a microtask
  }

  /** It is to be heard of by then. */
  isDueAt(untilMs: number): void {
    const nowMs = steadyMs();
    this.dueMs = untilMs + WATCHDOG_GRACE_MS;
    noneDueBeforeMs = Math.min(noneDueBeforeMs, this.dueMs);
    this.#watch(Math.max(0, untilMs - nowMs));
  }

  /** Has the core replaced if nothing is heard for that long. */
  #watch(waitMs: number): void {
    clearTimeout(this.#watchdog);
    // A timer of the request that made the exchange, and so gone with it. When it rings, that request is
    // there and its exchange is not: the core has stopped without a trap.
    this.#watchdog = setTimer(() => this.#rings(), waitMs + WATCHDOG_GRACE_MS);
  }

  async #rings(): Promise<void> {
    if (this.isLeftBehind) {
      this.cancellation.cancel(); // its request is there after all
      return;
    }
    const { dueMs } = this;
    // Where fake timers make time pass, the core's timer has rung in this very turn: it is about to report.
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      await undefined;
    }
    if (running.has(this) && this.dueMs === dueMs) {
      replace();
    }
  }

  settles(): void {
    clearTimeout(this.#watchdog);
    running.delete(this);
    replaceIfFull();
  }
}

/**
 * Ends the exchanges that are past their time. On Workers the runtime never resumes an exchange whose request
 * has ended, and warns when another request ends it. So there they are only counted.
 */
function endThoseLeftBehind(): void {
  const nowMs = steadyMs();
  if (nowMs < noneDueBeforeMs) {
    return;
  }
  noneDueBeforeMs = Number.POSITIVE_INFINITY;
  for (const exchange of [...running]) {
    if (exchange.dueMs <= nowMs) {
      running.delete(exchange);
      leftBehind += 1;
      exchange.isLeftBehind = isWorkers();
      if (!exchange.isLeftBehind) {
        exchange.cancellation.cancel();
      }
    } else {
      noneDueBeforeMs = Math.min(noneDueBeforeMs, exchange.dueMs);
    }
  }
  replaceIfFull();
}

function replaceIfFull(): void {
  if (leftBehind >= MAX_LEFT_BEHIND && running.size === 0 && !isEntered()) {
    leftBehind = 0;
    replace();
  }
}
