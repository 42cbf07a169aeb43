// The leader of an exchange: it reads the store, makes the exchange, and reports each step to the lifecycle.

import { AuthError } from "../errors.js";
import type { ExchangeStart, LeaderAction, TokenRecord } from "../generated/core.js";
import type { SealedStore } from "../stores/sealed-store.js";
import { Token } from "../token.js";
import type { Cancellation } from "./cancellation.js";
import type { Emit } from "./events.js";
import {
  CoordinatorFailure,
  type ExchangeContext,
  type ExchangeProgress,
  type ExchangeResult,
  type TokenIssuer,
} from "./issuer.js";
import type { ClientLifecycle, Lifecycle } from "./lifecycle.js";

/** The parts of a client that a leader works with. */
export interface LeaderContext {
  readonly lifecycle: ClientLifecycle;
  readonly issuer: TokenIssuer;
  readonly sealedStore: SealedStore | undefined;
  readonly emit: Emit;
  /** Reads both clocks, reports them, and returns the steady one in milliseconds. May drop the current token. */
  readClocks(): number;
  current(): Token | undefined;
  /** Returns the last token that was current. */
  lastToken(): Token | undefined;
  /** Makes this token the current one, if `next` says so. Returns true if it did. */
  install(token: Token, next: LeaderAction, nowMs: number): boolean;
  /** Called when the exchange has brought no token. */
  onFailure(): void;
  /** Called after a failure. Reports a circuit that has opened and a cool-down that begins, if there is one. */
  onCooldown(error: AuthError, hasOpenedCircuit: boolean): void;
  /** Reports the end of a cool-down, if there was one. */
  onCooldownOver(reason: "accepted"): void;
}

/**
 * Leads an exchange to its end. Returns the token to be stored, or `undefined` if there is none. Rejects with a
 * framework's control flow, or with a defect.
 */
export async function lead(
  context: LeaderContext,
  start: ExchangeStart,
  cancellation: Cancellation,
): Promise<TokenRecord | undefined> {
  const exchange = new LedExchange(context, context.lifecycle.alive, start, cancellation);
  const result = await resultOf(context, exchange, cancellation).catch((controlFlow: unknown) => {
    exchange.abandoned();
    throw controlFlow;
  });
  if (result === undefined) {
    return undefined;
  }
  if (result instanceof AuthError || result instanceof CoordinatorFailure) {
    exchange.failed(result);
    return undefined;
  }
  return exchange.succeeded(result) ? result : undefined;
}

/** Returns the result of the exchange. Returns `undefined` if it was cancelled, or if the store had a token. */
async function resultOf(
  context: LeaderContext,
  exchange: LedExchange,
  cancellation: Cancellation,
): Promise<ExchangeResult | undefined> {
  const { issuer, sealedStore } = context;
  const contextFor = (deadlineMs: number): ExchangeContext => ({
    deadlineMs,
    cancellation,
    current: context.current(),
    lastToken: context.lastToken(),
    onProgress: (progress) => exchange.onProgress(progress),
  });
  if (issuer.lacksKeys) {
    // A stored token can't be opened without the keys. The store counts as empty here, and is read once they are there.
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

/** Reports an exchange to the lifecycle that started it, and to the listener. */
class LedExchange {
  readonly #context: LeaderContext;
  /** The lifecycle that started the exchange. */
  readonly #startedBy: Lifecycle | undefined;
  readonly #start: ExchangeStart;
  readonly #cancellation: Cancellation;
  /** The number of attempts that have begun. */
  #attempts = 0;
  /** When the last attempt began, by the steady clock. */
  #attemptBegunMs: number;
  /** When the last attempt ended, by the steady clock, if the client has asked for other keys since. */
  #attemptEndedMs: number | undefined;

  constructor(
    context: LeaderContext,
    startedBy: Lifecycle | undefined,
    start: ExchangeStart,
    cancellation: Cancellation,
  ) {
    this.#context = context;
    this.#startedBy = startedBy;
    this.#start = start;
    this.#cancellation = cancellation;
    this.#attemptBegunMs = context.readClocks();
  }

  /** Calls the lifecycle that started the exchange. Returns `undefined` if another lifecycle has taken its place. */
  #report<Result>(run: (lifecycle: Lifecycle) => Result): Result | undefined {
    return this.#context.lifecycle.callIfSame(this.#startedBy, run);
  }

  /** Reads the store. Returns the next step. */
  async readStore(sealedStore: SealedStore): Promise<LeaderAction | undefined> {
    const { emit, readClocks, current, install } = this.#context;
    const { exchange } = this.#start;
    const begunMs = readClocks();
    const timeoutMs = this.#report((lifecycle) => lifecycle.storeReadBegins(begunMs, exchange));
    if (timeoutMs === undefined) {
      return undefined;
    }
    const record = await sealedStore.read(timeoutMs, current(), emit);
    if (record === undefined) {
      return this.storeMissed();
    }
    const nowMs = readClocks();
    const { lifetimeMs, correlationId } = record;
    const token = new Token(record);
    const expiresInMs = token.expiresAtMs - Date.now();
    const next = this.#report((lifecycle) =>
      lifecycle.restored(nowMs, exchange, expiresInMs, lifetimeMs),
    );
    const durationMs = nowMs - begunMs;
    if (next !== undefined && install(token, next, nowMs)) {
      emit("store.hit", { correlationId, durationMs });
    } else {
      emit("store.miss", { reason: "older", durationMs });
    }
    return next;
  }

  /** Reports that there is no store, or no token in it. Returns the next step. */
  storeMissed(): LeaderAction | undefined {
    const nowMs = this.#context.readClocks();
    return this.#report((lifecycle) => lifecycle.missed(nowMs, this.#start.exchange));
  }

  /** Reports the step that the exchange begins. Cancels the exchange if another caller leads by now. */
  onProgress(progress: ExchangeProgress): void {
    const { emit, readClocks } = this.#context;
    const { exchange, reason } = this.#start;
    const nowMs = readClocks();
    const error = progress.reason === "attempt" ? undefined : progress.error;
    const stillLeads = this.#report((lifecycle) =>
      lifecycle.progress(nowMs, exchange, progress.untilMs, error),
    );
    if (!stillLeads) {
      this.#cancellation.cancel();
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

  /** Reports a new token. Returns true if it is the current one now. */
  succeeded(record: TokenRecord): boolean {
    const { emit, readClocks, install } = this.#context;
    const { exchange, reason } = this.#start;
    const nowMs = readClocks();
    const { correlationId, lifetimeMs } = record;
    const token = new Token(record);
    const expiresInMs = token.expiresAtMs - Date.now();
    const next = this.#report((lifecycle) =>
      lifecycle.succeeded(nowMs, exchange, expiresInMs, lifetimeMs),
    );
    // Before any event: its listener may ask for the token.
    const isInstalled = next !== undefined && install(token, next, nowMs);
    emit("exchange.success", { reason, ...this.#attemptAt(nowMs, correlationId) });
    if (next?.type === "done" && next.hasClosedCircuit) {
      emit("circuit.close", { reason: "accepted" });
    }
    this.#context.onCooldownOver("accepted");
    return isInstalled;
  }

  /** Returns the details of an event at the end of an attempt. A failure to get keys counts as the first attempt. */
  #attemptAt(nowMs: number, correlationId: string | null) {
    const durationMs = (this.#attemptEndedMs ?? nowMs) - this.#attemptBegunMs;
    return { attempt: Math.max(1, this.#attempts), correlationId, durationMs };
  }

  /** Reports that a framework has ended the render that leads the exchange. */
  abandoned(): void {
    const { readClocks, onFailure } = this.#context;
    const nowMs = readClocks();
    // The next caller that asks leads. The lifecycle remembers no failure.
    this.#report((lifecycle) => lifecycle.abandoned(nowMs, this.#start.exchange));
    onFailure();
  }

  /** Reports the failure of the exchange. After a trap, throws the error instead, unless the client is closed. */
  failed(result: AuthError | CoordinatorFailure): void {
    const { lifecycle, emit, readClocks, onFailure } = this.#context;
    const { exchange } = this.#start;
    const nowMs = readClocks();
    const error = result instanceof CoordinatorFailure ? result.error : result;
    const { code, correlationId } = error;
    const next = this.#report((lifecycle) =>
      result instanceof CoordinatorFailure
        ? lifecycle.failedAtCoordinator(nowMs, exchange, error)
        : lifecycle.failed(nowMs, exchange, error),
    );
    if (next === undefined && lifecycle.isClosed) {
      return;
    }
    onFailure();
    emit("exchange.failure", { reason: code, ...this.#attemptAt(nowMs, correlationId) });
    if (next === undefined) {
      throw error; // the core has trapped, and the new lifecycle does not know this exchange
    }
    if (next.type === "failed") {
      this.#context.onCooldown(error, next.hasOpenedCircuit);
    }
  }
}
