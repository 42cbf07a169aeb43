// An exchange in the core, from its first attempt to its last.
import { setTimer, steadyMs } from "./clock.js";
import { errorOf, replace, unlessTrapped } from "./core.js";
import type { Ending } from "./ending.js";
import { type AuthError, isControlFlow } from "./errors.js";
import type { Progress, TokenRecord } from "./generated/core.js";
import { isEntered } from "./host.js";
import { isWorkers } from "./runtime.js";
import type { Token } from "./token.js";

/** What an exchange is made for, and with. */
export interface ExchangeContext {
  /** How long all of it may take. */
  readonly deadlineMs: number;
  readonly ending: Ending;
  /** The current token, which may be over. */
  readonly current: Token | undefined;
  /** The last token that was current, which may have been rejected since: no error may show it. */
  readonly last: Token | undefined;
  /** Called when it begins something that takes time. */
  readonly onProgress: (progress: Report) => void;
}

/** What the leader of an exchange is about to do, until when at the latest, and after which failure. */
export type Report =
  | Progress
  | {
      readonly reason: "credentials";
      readonly untilMs: number;
      readonly error: AuthError | undefined;
    };

/** What an issuer remembers that has tried for itself. It is not asked again at once. */
export class Refusal {
  readonly error: AuthError;

  constructor(error: AuthError) {
    this.error = error;
  }
}

/** What an exchange has ended in. */
export type Outcome = TokenRecord | AuthError | Refusal;

/** Where tokens come from. */
export interface TokenIssuer {
  /** Whether it must get the keys first. */
  readonly lacksKeys?: boolean;
  /** Gets them. Resolves to why that failed, if it did. Rejects only with a framework's control flow. */
  getKeys?(context: ExchangeContext): Promise<AuthError | undefined>;
  /** Makes an exchange. Nothing when it was ended. Rejects only with a framework's control flow. */
  exchange(context: ExchangeContext): Promise<Outcome | undefined>;
  /** Told what a request that was sent again with this token was answered with. */
  replayed?(token: Token, unauthorized: boolean): Promise<void>;
  /** Told that whatever was wrong has been put right. */
  reset?(): void;
}

/** The core takes whatever has the members of one. */
export const asSignal = (ending: Ending): AbortSignal => ending as unknown as AbortSignal;

interface Run {
  readonly ending: Ending;
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
  { ending, onProgress, onTrap, secrets }: Run,
  start: (report: (progress: Progress) => void) => Promise<Value>,
): Promise<Value | AuthError | undefined> {
  const own = new UnderWay(ending);
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
    if (ending.aborted) {
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
const GRACE_MS = 1_000;
/** More microtasks than an exchange takes from its timer to its end. */
const MAX_TURNS = 50;
/** Each exchange that nobody came back for leaves something in the core's memory. So many are enough. */
const MAX_LEFT_BEHIND = 1_000;

const allUnderWay = new Set<UnderWay>();
/** None of them is past its time before this. */
let noneDueBeforeMs = Number.POSITIVE_INFINITY;
let leftBehind = 0;

/** An exchange that has begun and not settled. */
class UnderWay {
  readonly ending: Ending;
  /** When it is past its time, once it has reported. */
  dueMs = Number.POSITIVE_INFINITY;
  /** Whether it was past its time when another exchange began, on Workers. */
  isLeftBehind = false;
  #watchdog: ReturnType<typeof setTimeout> | undefined;

  constructor(ending: Ending) {
    this.ending = ending;
  }

  begins(): void {
    allUnderWay.add(this);
    this.#watch(0); // it reports in a microtask
  }

  /** It is to be heard of by then. */
  isDueAt(untilMs: number): void {
    const nowMs = steadyMs();
    this.dueMs = untilMs + GRACE_MS;
    noneDueBeforeMs = Math.min(noneDueBeforeMs, this.dueMs);
    this.#watch(Math.max(0, untilMs - nowMs));
  }

  /** Has the core replaced if nothing is heard for that long. */
  #watch(waitMs: number): void {
    clearTimeout(this.#watchdog);
    // A timer of the request that made the exchange, and so gone with it. When it rings, that request is
    // there and its exchange is not: the core has stopped without a trap.
    this.#watchdog = setTimer(() => this.#rings(), waitMs + GRACE_MS);
  }

  async #rings(): Promise<void> {
    if (this.isLeftBehind) {
      this.ending.end(); // its request is there after all
      return;
    }
    const { dueMs } = this;
    // Where fake timers make time pass, the core's timer has rung in this very turn: it is about to report.
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      await undefined;
    }
    if (allUnderWay.has(this) && this.dueMs === dueMs) {
      replace();
    }
  }

  settles(): void {
    clearTimeout(this.#watchdog);
    allUnderWay.delete(this);
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
  for (const exchange of [...allUnderWay]) {
    if (exchange.dueMs <= nowMs) {
      allUnderWay.delete(exchange);
      leftBehind += 1;
      exchange.isLeftBehind = isWorkers();
      if (!exchange.isLeftBehind) {
        exchange.ending.end();
      }
    } else {
      noneDueBeforeMs = Math.min(noneDueBeforeMs, exchange.dueMs);
    }
  }
  replaceIfFull();
}

function replaceIfFull(): void {
  if (leftBehind >= MAX_LEFT_BEHIND && allUnderWay.size === 0 && !isEntered()) {
    leftBehind = 0;
    replace();
  }
}
