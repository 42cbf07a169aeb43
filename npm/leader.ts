// Makes an exchange that a lifecycle has started, from asking the store to its last attempt.
import { sleep } from "./clock.js";
import { AuthError } from "./errors.js";
import type { Emit } from "./events.js";
import {
  ATTEMPT,
  CONSULTS,
  DONE,
  EXCHANGE,
  FAILED,
  FAILURE,
  type Lifecycle,
  type Machine,
  MISSED,
  type Next,
  REFUSED,
  RESTORED,
  RETRY,
  SUCCEEDED,
} from "./machine.js";
import type { Shelf } from "./shelf.js";
import { Token, type TokenRecord } from "./token.js";

export interface Start {
  readonly exchange: number;
  readonly reason: string;
}

/** Where tokens come from. */
export interface Origin {
  /** One attempt. Nothing when it was aborted; never rejects. */
  exchange(
    timeoutMs: number,
    signal: AbortSignal,
    atHand: Token | undefined,
  ): Promise<Outcome | undefined>;
  /** Told what a request that was sent again with this token was answered with. */
  replayed?(token: Token, unauthorized: boolean): Promise<void>;
  /** Told that whatever was wrong has been put right. */
  reset?(): void;
}

/** What an attempt has ended in. Who `refused` has tried for itself: it is not asked again at once. */
export type Outcome = TokenRecord | AuthError | { readonly refused: AuthError };

/** For whom a leader works. */
export interface Seat {
  readonly machine: Machine;
  readonly origin: Origin;
  readonly shelf: Shelf | undefined;
  readonly emit: Emit;
  now(): number;
  atHand(): Token | undefined;
  /** Has this token at hand from now on, if that is what comes next. */
  install(token: Token, next: Next, nowMs: number): boolean;
  failed(): void;
}

/** Leads an exchange to its end. What is to be stored, if anything is. */
export async function lead(
  seat: Seat,
  start: Start,
  signal: AbortSignal,
): Promise<TokenRecord | undefined> {
  const { lifecycle } = seat.machine;
  if (seat.shelf && !(await consult(seat, seat.shelf, lifecycle, start.exchange))) {
    return undefined;
  }
  for (let attempt = 1; ; attempt++) {
    const now = seat.now();
    const timeoutMs = seat.machine.tellIf(lifecycle, ATTEMPT, now, start.exchange);
    if (timeoutMs === undefined) {
      return undefined;
    }
    seat.emit("exchange.start", { reason: start.reason, attempt });
    const begunMs = seat.now();
    const outcome = await seat.origin.exchange(timeoutMs, signal, seat.atHand());
    const nowMs = seat.now();
    if (outcome === undefined) {
      return undefined;
    }
    const step = { seat, lifecycle, start, attempt, nowMs, durationMs: nowMs - begunMs };
    if (!(outcome instanceof AuthError || "refused" in outcome)) {
      return succeed(step, outcome) ? outcome : undefined;
    }
    const waitMs = fail(step, outcome);
    if (waitMs === undefined) {
      return undefined;
    }
    await sleep(waitMs, signal);
  }
}

/** An attempt that was made. */
interface Step {
  readonly seat: Seat;
  /** The lifecycle that has started it. */
  readonly lifecycle: Lifecycle | undefined;
  readonly start: Start;
  readonly attempt: number;
  readonly nowMs: number;
  readonly durationMs: number;
}

/** Whether its token is the one at hand now. */
function succeed(step: Step, record: TokenRecord): boolean {
  const { seat, lifecycle, start, attempt, nowMs, durationMs } = step;
  const { correlationId, lifetimeMs } = record;
  const token = new Token(record);
  const endsInMs = token.expiresAtMs - Date.now();
  const next = seat.machine.tellIf(
    lifecycle,
    SUCCEEDED,
    nowMs,
    start.exchange,
    endsInMs,
    lifetimeMs,
  );
  // Before any listener is told, who may ask for the token.
  const isInstalled = next !== undefined && seat.install(token, next, nowMs);
  seat.emit("exchange.success", { reason: start.reason, attempt, correlationId, durationMs });
  if (next?.[0] === DONE && next[3]) {
    seat.emit("circuit.close", { reason: "accepted" });
  }
  return isInstalled;
}

/** How long to wait before another attempt; nothing when there is none. */
function fail(
  step: Step,
  outcome: AuthError | { readonly refused: AuthError },
): number | undefined {
  const { seat, lifecycle, start, attempt, nowMs, durationMs } = step;
  const isFinal = !(outcome instanceof AuthError);
  const error = isFinal ? outcome.refused : outcome;
  const { code, correlationId } = error;
  const event = isFinal ? REFUSED : FAILED;
  const next = seat.machine.tellIf(
    lifecycle,
    event,
    nowMs,
    start.exchange,
    undefined,
    undefined,
    error,
  );
  const told = { reason: code, attempt, correlationId, durationMs };
  if (next === undefined) {
    if (seat.machine.isClosed) {
      return undefined;
    }
    seat.emit("exchange.failure", told);
    throw error; // the core has trapped, and no other knows of this exchange
  }
  const waitMs = next[0] === RETRY ? next[1] : undefined;
  if (waitMs === undefined) {
    seat.failed();
  }
  seat.emit("exchange.failure", told);
  if (waitMs !== undefined) {
    seat.emit("retry", { reason: code, attempt: attempt + 1, durationMs: waitMs });
  } else if (next[0] === FAILURE && next[1]) {
    seat.emit("circuit.open", { reason: code, correlationId });
  }
  return waitMs;
}

/** Asks the store. Whether the exchange is to follow. */
async function consult(
  seat: Seat,
  shelf: Shelf,
  known: Lifecycle | undefined,
  exchange: number,
): Promise<boolean> {
  const begunMs = seat.now();
  const timeoutMs = seat.machine.tellIf(known, CONSULTS, begunMs, exchange);
  if (timeoutMs === undefined) {
    return false;
  }
  const record = await shelf.find(timeoutMs, seat.atHand());
  const nowMs = seat.now();
  if (record === undefined) {
    return seat.machine.tellIf(known, MISSED, nowMs, exchange)?.[0] === EXCHANGE;
  }
  const { lifetimeMs, correlationId } = record;
  const token = new Token(record);
  const endsInMs = token.expiresAtMs - Date.now();
  const next = seat.machine.tellIf(known, RESTORED, nowMs, exchange, endsInMs, lifetimeMs);
  const durationMs = nowMs - begunMs;
  if (next !== undefined && seat.install(token, next, nowMs)) {
    seat.emit("store.hit", { correlationId, durationMs });
  } else {
    seat.emit("store.miss", { reason: "older", durationMs });
  }
  return next?.[0] === EXCHANGE;
}
