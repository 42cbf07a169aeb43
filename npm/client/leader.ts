// Makes an exchange that a lifecycle has started, from reading the store to its end.

import { AuthError } from "../errors.js";
import type { Next, Start, TokenRecord } from "../generated/core.js";
import type { SealedStore } from "../stores/sealed-store.js";
import { Token } from "../token.js";
import type { Cancellation } from "./cancellation.js";
import type { Emit } from "./events.js";
import {
  type ExchangeContext,
  type ExchangeProgress,
  type Outcome,
  type TokenIssuer,
  UpstreamFailure,
} from "./issuer.js";
import type { ClientLifecycle, Lifecycle } from "./lifecycle.js";

/** What a leader works with. */
export interface LeaderContext {
  readonly lifecycle: ClientLifecycle;
  readonly issuer: TokenIssuer;
  readonly sealedStore: SealedStore | undefined;
  readonly emit: Emit;
  now(): number;
  current(): Token | undefined;
  /** The last one that was. */
  last(): Token | undefined;
  /** Makes this token the current one, if `next` says so. */
  install(token: Token, next: Next, nowMs: number): boolean;
  /** The exchange has brought no token. */
  onFailure(): void;
  /** Tells that the circuit has opened, if it has, and that a cool-down begins, if one does. */
  onCooldown(error: AuthError, hasOpened: boolean): void;
  /** Tells that a cool-down has ended, if one has. */
  onCooldownOver(reason: "accepted"): void;
}

/**
 * Leads an exchange to its end. What is to be stored, if anything is. Rejects with a framework's control
 * flow, or with a defect.
 */
export async function lead(
  context: LeaderContext,
  start: Start,
  cancellation: Cancellation,
): Promise<TokenRecord | undefined> {
  const exchange = new LedExchange(context, context.lifecycle.alive, start, cancellation);
  const outcome = await outcomeOf(context, exchange, cancellation).catch((controlFlow: unknown) => {
    exchange.abandoned();
    throw controlFlow;
  });
  if (outcome === undefined) {
    return undefined;
  }
  if (outcome instanceof AuthError || outcome instanceof UpstreamFailure) {
    exchange.failed(outcome);
    return undefined;
  }
  return exchange.succeeded(outcome) ? outcome : undefined;
}

/** What comes of the exchange. Nothing if it was ended, or if the store had a token. */
async function outcomeOf(
  context: LeaderContext,
  exchange: LedExchange,
  cancellation: Cancellation,
): Promise<Outcome | undefined> {
  const { issuer, sealedStore } = context;
  const contextFor = (deadlineMs: number): ExchangeContext => ({
    deadlineMs,
    cancellation,
    current: context.current(),
    last: context.last(),
    onProgress: (report) => exchange.onProgress(report),
  });
  if (issuer.lacksKeys) {
    // Without keys a client can open nothing that a store has: the store counts as empty.
    const next = exchange.storeMissed();
    if (next?.type !== "exchange") {
      return undefined;
    }
    const failure = await issuer.getKeys?.(contextFor(next.deadlineMs));
    if (failure || cancellation.aborted) {
      return failure;
    }
  }
  const next = sealedStore ? await exchange.readStore(sealedStore) : exchange.storeMissed();
  return next?.type === "exchange" ? issuer.exchange(contextFor(next.deadlineMs)) : undefined;
}

/** An exchange with whoever issues tokens, as its lifecycle and its listeners are told of it. */
class LedExchange {
  readonly #context: LeaderContext;
  /** The lifecycle that has started it. */
  readonly #startedBy: Lifecycle | undefined;
  readonly #start: Start;
  readonly #cancellation: Cancellation;
  /** How many have begun. */
  #attempts = 0;
  #attemptBegunMs: number;
  /** When the last one had ended, if other keys were asked for since. */
  #attemptEndedMs: number | undefined;

  constructor(
    context: LeaderContext,
    startedBy: Lifecycle | undefined,
    start: Start,
    cancellation: Cancellation,
  ) {
    this.#context = context;
    this.#startedBy = startedBy;
    this.#start = start;
    this.#cancellation = cancellation;
    this.#attemptBegunMs = context.now();
  }

  /** Reads the store. What is to follow. */
  async readStore(sealedStore: SealedStore): Promise<Next | undefined> {
    const { lifecycle, emit, now, current, install } = this.#context;
    const { exchange } = this.#start;
    const begunMs = now();
    const timeoutMs = lifecycle.callIfSame(this.#startedBy, (it) =>
      it.storeReadBegins(begunMs, exchange),
    );
    if (timeoutMs === undefined) {
      return undefined;
    }
    const record = await sealedStore.read(timeoutMs, current(), emit);
    if (record === undefined) {
      return this.storeMissed();
    }
    const nowMs = now();
    const { lifetimeMs, correlationId } = record;
    const token = new Token(record);
    const endsInMs = token.expiresAtMs - Date.now();
    const next = lifecycle.callIfSame(this.#startedBy, (it) =>
      it.succeeded(nowMs, exchange, endsInMs, lifetimeMs, true),
    );
    const durationMs = nowMs - begunMs;
    if (next !== undefined && install(token, next, nowMs)) {
      emit("store.hit", { correlationId, durationMs });
    } else {
      emit("store.miss", { reason: "older", durationMs });
    }
    return next;
  }

  /** There is no token in the store, or no store. What is to follow. */
  storeMissed(): Next | undefined {
    const { lifecycle, now } = this.#context;
    const nowMs = now();
    return lifecycle.callIfSame(this.#startedBy, (it) => it.missed(nowMs, this.#start.exchange));
  }

  onProgress(progress: ExchangeProgress): void {
    const { lifecycle, emit, now } = this.#context;
    const { exchange, reason } = this.#start;
    const nowMs = now();
    const error = progress.reason === "attempt" ? undefined : progress.error;
    const leads = lifecycle.callIfSame(this.#startedBy, (it) =>
      it.progress(nowMs, exchange, progress.untilMs, error),
    );
    if (!leads) {
      this.#cancellation.cancel(); // another leads by now
      return;
    }
    if (progress.reason === "attempt") {
      this.#attempts += 1;
      this.#attemptBegunMs = nowMs;
      this.#attemptEndedMs = undefined;
      emit("exchange.start", { reason, attempt: this.#attempts });
    } else if (progress.reason === "credentials") {
      this.#attemptEndedMs = this.#attempts > 0 ? nowMs : undefined;
    } else {
      const { code, correlationId } = progress.error;
      emit("exchange.failure", { reason: code, ...this.#attemptAt(nowMs, correlationId) });
      const { waitMs } = progress;
      emit("retry", { reason: code, attempt: this.#attempts + 1, durationMs: waitMs });
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
    const next = lifecycle.callIfSame(this.#startedBy, (it) =>
      it.succeeded(nowMs, exchange, endsInMs, lifetimeMs, false),
    );
    // Before any listener is told, who may ask for the token.
    const isInstalled = next !== undefined && install(token, next, nowMs);
    emit("exchange.success", { reason, ...this.#attemptAt(nowMs, correlationId) });
    if (next?.type === "done" && next.closed) {
      emit("circuit.close", { reason: "accepted" });
    }
    this.#context.onCooldownOver("accepted");
    return isInstalled;
  }

  /** What the event at the end of an attempt tells. Without keys there was none, which counts as the first. */
  #attemptAt(nowMs: number, correlationId: string | null) {
    const durationMs = (this.#attemptEndedMs ?? nowMs) - this.#attemptBegunMs;
    return { attempt: Math.max(1, this.#attempts), correlationId, durationMs };
  }

  /** A framework has ended the render that leads it. */
  abandoned(): void {
    const { lifecycle, now, onFailure } = this.#context;
    const nowMs = now();
    // The next caller that asks leads, and nothing is remembered.
    lifecycle.callIfSame(this.#startedBy, (it) => it.abandoned(nowMs, this.#start.exchange));
    onFailure();
  }

  failed(outcome: AuthError | UpstreamFailure): void {
    const { lifecycle, emit, now, onFailure } = this.#context;
    const { exchange } = this.#start;
    const nowMs = now();
    const error = outcome instanceof UpstreamFailure ? outcome.error : outcome;
    const { code, correlationId } = error;
    const next = lifecycle.callIfSame(this.#startedBy, (it) =>
      it.failed(nowMs, exchange, error, outcome !== error),
    );
    if (next === undefined && lifecycle.isClosed) {
      return;
    }
    onFailure();
    emit("exchange.failure", { reason: code, ...this.#attemptAt(nowMs, correlationId) });
    if (next === undefined) {
      throw error; // the core has trapped, and no other knows of this exchange
    }
    if (next.type === "failed") {
      this.#context.onCooldown(error, next.opened);
    }
  }
}
