// Makes an exchange that a lifecycle has started, from reading the store to its end.
import type { Ending } from "./ending.js";
import { AuthError } from "./errors.js";
import type { Emit } from "./events.js";
import { Refusal, type TokenIssuer } from "./exchange.js";
import type { Next, Progress, Start, TokenRecord } from "./generated/core.js";
import type { ClientLifecycle, Lifecycle } from "./lifecycle.js";
import type { Shelf } from "./shelf.js";
import { Token } from "./token.js";

/** What a leader works with. */
export interface LeaderContext {
  readonly lifecycle: ClientLifecycle;
  readonly issuer: TokenIssuer;
  readonly shelf: Shelf | undefined;
  readonly deadlineMs: number;
  readonly emit: Emit;
  now(): number;
  current(): Token | undefined;
  /** Makes this token the current one, if `next` says so. */
  install(token: Token, next: Next, nowMs: number): boolean;
  /** The exchange has brought no token. */
  failed(): void;
  /** Tells that a cool-down begins, if one does. */
  cools(reason: string): void;
  /** Tells that a cool-down has ended, if one has. */
  cooled(reason: "accepted"): void;
}

/**
 * Leads an exchange to its end. What is to be stored, if anything is. Rejects with a framework's control
 * flow, or with a defect.
 */
export async function lead(
  context: LeaderContext,
  start: Start,
  ending: Ending,
): Promise<TokenRecord | undefined> {
  const known = context.lifecycle.present;
  let { deadlineMs } = context;
  if (context.shelf) {
    const next = await readStore(context, context.shelf, known, start.exchange);
    if (next?.type !== "exchange") {
      return undefined;
    }
    deadlineMs = next.deadlineMs;
  }
  const exchange = new LedExchange(context, known, start, ending);
  const outcome = await context.issuer
    .exchange({
      deadlineMs,
      ending,
      current: context.current(),
      onProgress: (progress) => exchange.progresses(progress),
    })
    .catch((controlFlow: unknown) => {
      exchange.abandoned();
      throw controlFlow;
    });
  if (outcome === undefined) {
    return undefined;
  }
  if (outcome instanceof AuthError || outcome instanceof Refusal) {
    exchange.failed(outcome);
    return undefined;
  }
  return exchange.succeeded(outcome) ? outcome : undefined;
}

/** More than the lifecycle allows a leader. */
const OVERDUE_MS = 1_000;

/** An exchange with whoever issues tokens, as its lifecycle and its listeners are told of it. */
class LedExchange {
  readonly #context: LeaderContext;
  /** The lifecycle that has started it. */
  readonly #known: Lifecycle | undefined;
  readonly #start: Start;
  readonly #ending: Ending;
  /** The present one, or the last. */
  #attempt = 1;
  #attemptBegunMs: number;

  constructor(context: LeaderContext, known: Lifecycle | undefined, start: Start, ending: Ending) {
    this.#context = context;
    this.#known = known;
    this.#start = start;
    this.#ending = ending;
    this.#attemptBegunMs = context.now();
  }

  progresses(progress: Progress): void {
    const { lifecycle, emit, now } = this.#context;
    const { exchange, reason } = this.#start;
    const nowMs = now();
    const error = progress.reason === "wait" ? progress.error : undefined;
    const leads = lifecycle.tellIf(this.#known, (it) =>
      it.progress(nowMs, exchange, progress.untilMs, error),
    );
    if (!leads) {
      this.#ending.end(); // another leads by now
      return;
    }
    if (progress.reason === "attempt") {
      this.#attempt = progress.attempt;
      this.#attemptBegunMs = nowMs;
      emit("exchange.start", { reason, attempt: progress.attempt });
    } else {
      const { code, correlationId } = progress.error;
      const durationMs = nowMs - this.#attemptBegunMs;
      emit("exchange.failure", { reason: code, attempt: this.#attempt, correlationId, durationMs });
      const { waitMs } = progress;
      emit("retry", { reason: code, attempt: this.#attempt + 1, durationMs: waitMs });
    }
  }

  /** Whether its token is the current one now. */
  succeeded(record: TokenRecord): boolean {
    const { lifecycle, emit, now, install } = this.#context;
    const { exchange, reason } = this.#start;
    const nowMs = now();
    const { correlationId, lifetimeMs } = record;
    const token = new Token(record);
    const endsInMs = token.expiresAtMs - Date.now();
    const next = lifecycle.tellIf(this.#known, (it) =>
      it.succeeded(nowMs, exchange, endsInMs, lifetimeMs),
    );
    // Before any listener is told, who may ask for the token.
    const isInstalled = next !== undefined && install(token, next, nowMs);
    const durationMs = nowMs - this.#attemptBegunMs;
    emit("exchange.success", { reason, attempt: this.#attempt, correlationId, durationMs });
    if (next?.type === "done" && next.closed) {
      emit("circuit.close", { reason: "accepted" });
    }
    this.#context.cooled("accepted");
    return isInstalled;
  }

  /** A framework has ended the render that leads it. */
  abandoned(): void {
    const { lifecycle, now, failed } = this.#context;
    const nowMs = now();
    // An overdue leader counts as gone: the next caller that asks leads, and nothing is remembered.
    lifecycle.tellIf(this.#known, (it) =>
      it.progress(nowMs, this.#start.exchange, nowMs - OVERDUE_MS, undefined),
    );
    failed();
  }

  failed(outcome: AuthError | Refusal): void {
    const { lifecycle, emit, now, failed } = this.#context;
    const { exchange } = this.#start;
    const nowMs = now();
    const error = outcome instanceof Refusal ? outcome.error : outcome;
    const { code, correlationId } = error;
    const next = lifecycle.tellIf(this.#known, (it) =>
      outcome === error ? it.failed(nowMs, exchange, error) : it.refused(nowMs, exchange, error),
    );
    if (next === undefined && lifecycle.isClosed) {
      return;
    }
    failed();
    const durationMs = nowMs - this.#attemptBegunMs;
    emit("exchange.failure", { reason: code, attempt: this.#attempt, correlationId, durationMs });
    if (next === undefined) {
      throw error; // the core has trapped, and no other knows of this exchange
    }
    if (next.type === "failed") {
      if (next.opened) {
        emit("circuit.open", { reason: code, correlationId });
      }
      this.#context.cools(code);
    }
  }
}

/** Reads the store. What is to follow. */
async function readStore(
  context: LeaderContext,
  shelf: Shelf,
  known: Lifecycle | undefined,
  exchange: number,
): Promise<Next | undefined> {
  const { lifecycle, emit, now, current, install } = context;
  const begunMs = now();
  const timeoutMs = lifecycle.tellIf(known, (it) => it.storeReadBegins(begunMs, exchange));
  if (timeoutMs === undefined) {
    return undefined;
  }
  const record = await shelf.find(timeoutMs, current(), emit);
  const nowMs = now();
  if (record === undefined) {
    return lifecycle.tellIf(known, (it) => it.missed(nowMs, exchange));
  }
  const { lifetimeMs, correlationId } = record;
  const token = new Token(record);
  const endsInMs = token.expiresAtMs - Date.now();
  const next = lifecycle.tellIf(known, (it) => it.restored(nowMs, exchange, endsInMs, lifetimeMs));
  const durationMs = nowMs - begunMs;
  if (next !== undefined && install(token, next, nowMs)) {
    emit("store.hit", { correlationId, durationMs });
  } else {
    emit("store.miss", { reason: "older", durationMs });
  }
  return next;
}
