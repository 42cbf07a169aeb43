// Drives a lifecycle: makes the exchanges that it starts, and waits where it says to wait.
import { sleep, steadyClock, TurnTimers } from "./clock.js";
import { core } from "./core.js";
import { AuthError, type ErrorRecord, internalError } from "./errors.js";
import { exchange } from "./exchange.js";
import type { Lifecycle } from "./glue.js";
import { describe, invalidOption, type Policy, type Snapshot, secretsOf } from "./options.js";
import type { ClientEvent } from "./public.js";
import { Token } from "./token.js";

interface Start {
  readonly exchange: number;
  readonly reason: string;
}

/** What a caller is to do, as it comes from the core. */
type Ask =
  | { readonly token: number; readonly freshForMs: number; readonly start: Start | null }
  | { readonly waitMs: number; readonly askedAtMs: number; readonly start: Start | null }
  | { readonly error: ErrorRecord };

/** What a leader is to do, as it comes from the core. */
type Next =
  | { readonly token: number | null; readonly freshForMs: number; readonly closed: boolean }
  | { readonly error: ErrorRecord; readonly opened: boolean }
  | { readonly waitMs: number }
  | Record<string, never>;

/**
 * The exchange under way, as its waiters see it. A promise of nothing that is always resolved:
 * on Workers no more than that can be shared between requests.
 */
interface Slot {
  readonly ended: Promise<void>;
  end(): void;
}

export type WaitUntil = (promise: Promise<unknown>) => void;

export interface GetTokenOptions {
  readonly signal?: AbortSignal | undefined;
  readonly waitUntil?: WaitUntil | undefined;
}

/** Hands out tokens, and gets them when there is none. */
export class TokenSource {
  readonly #options: Snapshot;
  readonly #clock = steadyClock();
  readonly #timers = new TurnTimers();
  readonly #ids = new WeakMap<Token, number>();
  #lifecycle: Lifecycle | undefined;
  #slot: Slot | undefined;
  #abort: AbortController | undefined;
  #failure: AuthError | undefined;

  // The token at hand, and until when the lifecycle need not be asked about it.
  #token: Token | undefined;
  #freshUntilMs = 0;
  /** The latest reading of the clock: one that lies a second before it is a step back. */
  #seenMs = 0;

  constructor(options: Snapshot, { timeoutMs, retries, deadlineMs, refreshAhead }: Policy) {
    this.#options = options;
    this.#lifecycle = new (core().Lifecycle)(timeoutMs, retries, deadlineMs, refreshAhead);
  }

  getToken(options?: GetTokenOptions): Promise<Token> {
    const now = this.#clock();
    const token = this.#token;
    // The hit path: two comparisons, no call into Wasm, one promise.
    if (token !== undefined && now < this.#freshUntilMs && now >= this.#seenMs - 1_000) {
      if (now > this.#seenMs) {
        this.#seenMs = now;
      }
      if (options?.signal?.aborted !== true) {
        return Promise.resolve(token);
      }
    }
    return this.#wait(options?.signal, options?.waitUntil);
  }

  /** A request with this token was answered with a 401: whether to send it again with another. */
  unauthorized(token: Token): boolean {
    const id = this.#ids.get(token) ?? 0;
    const replay = this.#tell((lifecycle) => lifecycle.unauthorized(this.#now(), id));
    if (replay && token === this.#token) {
      this.#emit("token.rejected", { correlationId: token.correlationId });
      this.#forget();
    }
    return replay;
  }

  /** What a request that was sent again with this token was answered with. */
  replayed(token: Token, unauthorized: boolean): void {
    this.#lifecycle?.replayed(this.#now(), this.#ids.get(token) ?? 0, unauthorized);
  }

  invalidate(token?: Token): void {
    if (token === undefined || token === this.#token) {
      this.#lifecycle?.invalidate(undefined);
      this.#forget();
    }
  }

  reset(): void {
    this.#freshUntilMs = 0; // a refresh that was held back may begin
    if (this.#lifecycle?.reset() === true) {
      this.#emit("circuit.close", { reason: "reset" });
    }
  }

  close(): void {
    const lifecycle = this.#lifecycle;
    this.#lifecycle = undefined;
    this.#forget();
    lifecycle?.free();
    this.#slot?.end();
    try {
      this.#abort?.abort();
    } catch {
      // On Workers another request's exchange can't be aborted. It ends by itself.
    }
  }

  emitReplay(token: Token): void {
    this.#emit("replay", { correlationId: token.correlationId });
  }

  /**
   * The clock, off the hit path. A step back from the latest reading ends the token here and in
   * the lifecycle: nobody can tell how much of its life has passed.
   */
  #now(): number {
    const now = this.#clock();
    if (now < this.#seenMs - 1_000) {
      this.invalidate();
      this.#seenMs = now;
    } else if (now > this.#seenMs) {
      this.#seenMs = now;
    }
    return now;
  }

  /** Tells the lifecycle of an event, unless this was closed. */
  #tell<Result>(event: (lifecycle: Lifecycle) => Result): Result {
    if (this.#lifecycle === undefined) {
      throw new AuthError(core().closed() as ErrorRecord);
    }
    try {
      return event(this.#lifecycle);
    } catch (thrown) {
      throw internalError(thrown, secretsOf(this.#options));
    }
  }

  #forget(): void {
    this.#token = undefined;
    this.#freshUntilMs = 0;
  }

  async #wait(signal: AbortSignal | undefined, waitUntil: WaitUntil | undefined): Promise<Token> {
    if (signal !== undefined && typeof signal?.throwIfAborted !== "function") {
      throw invalidOption("signal", "an AbortSignal", describe(signal));
    }
    let askedAtMs: number | undefined;
    for (;;) {
      signal?.throwIfAborted();
      const now = this.#now();
      const ask = this.#tell((lifecycle) => lifecycle.ask(this.#seenMs, now, askedAtMs) as Ask);
      if (!("token" in ask)) {
        this.#forget(); // or a clock that was put back would make it look fresh again
      }
      if ("error" in ask) {
        const { cause } = this.#failure ?? {};
        throw new AuthError(ask.error, this.#failure?.code === ask.error.code ? cause : undefined);
      }
      const { start } = ask;
      if (start !== null) {
        this.#lead(start, waitUntil, "token" in ask);
      }
      if ("token" in ask) {
        const token = this.#token;
        if (token !== undefined) {
          this.#freshUntilMs = now + ask.freshForMs;
          return token;
        }
        // Never so: the two are set together. Without it a defect would loop for ever.
        throw internalError(new Error("a token is missing"), []);
      }
      askedAtMs = ask.askedAtMs;
      await this.#ended(ask.waitMs, signal);
    }
  }

  /** Waits for the exchange under way to end, for that long at most, by this caller's own timer. */
  async #ended(waitMs: number, signal: AbortSignal | undefined): Promise<void> {
    const timer = this.#timers.start(waitMs);
    const any = [timer.rings];
    if (this.#slot) {
      any.push(this.#slot.ended);
    }
    let onAbort = () => {};
    if (signal) {
      any.push(
        new Promise((resolve) => {
          onAbort = resolve;
        }),
      );
      signal.addEventListener("abort", onAbort);
    }
    try {
      await Promise.race(any);
    } finally {
      timer.release();
      signal?.removeEventListener("abort", onAbort);
    }
  }

  #lead(start: Start, waitUntil: WaitUntil | undefined, inBackground: boolean): void {
    let end = () => {};
    const ended = new Promise<void>((resolve) => {
      end = resolve;
    });
    const slot = { ended, end };
    this.#slot = slot;
    if (inBackground) {
      this.#emit("refresh.background", { reason: start.reason });
    }
    const done = this.#exchange(start)
      .catch(() => {
        // A defect. The lifecycle hears no more of this exchange, and lets another begin.
      })
      .finally(() => {
        if (this.#slot === slot) {
          this.#slot = undefined;
        }
        end();
      });
    try {
      (waitUntil ?? (this.#options.waitUntil as WaitUntil | undefined))?.(done);
    } catch {
      // The host's refusal is no reason to fail: the exchange just may not outlive the request.
    }
  }

  async #exchange({ exchange: id, reason }: Start): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    for (let attempt = 1; ; attempt++) {
      const timeoutMs = this.#lifecycle?.attempt(this.#now(), id);
      if (timeoutMs === undefined) {
        return;
      }
      this.#emit("exchange.start", { reason, attempt });
      const begunMs = this.#now();
      const result = await exchange({ ...this.#options, timeoutMs, signal: abort.signal });
      const lifecycle = this.#lifecycle;
      if (lifecycle === undefined || result === undefined) {
        return;
      }
      const nowMs = this.#now();
      const durationMs = nowMs - begunMs;
      const { correlationId } = result;
      if (!(result instanceof AuthError)) {
        const token = new Token(result);
        const endsInMs = token.expiresAtMs - Date.now();
        const { lifetimeMs } = result;
        const next = lifecycle.succeeded(nowMs, id, endsInMs, lifetimeMs, Math.random()) as Next;
        // Before any listener is told, who may ask for the token.
        if ("closed" in next) {
          this.#install(token, next.token, nowMs + next.freshForMs);
        }
        this.#emit("exchange.success", { reason, attempt, correlationId, durationMs });
        if ("closed" in next && next.closed) {
          this.#emit("circuit.close", { reason: "accepted" });
        }
        return;
      }
      const next = lifecycle.failed(nowMs, id, result.toJSON(), Math.random()) as Next;
      const { code } = result;
      if (!("waitMs" in next)) {
        this.#failure = result;
        this.#freshUntilMs = 0; // what comes next is the lifecycle's to say
      }
      this.#emit("exchange.failure", { reason: code, attempt, correlationId, durationMs });
      if (!("waitMs" in next)) {
        if ("opened" in next && next.opened) {
          this.#emit("circuit.open", { reason: code, correlationId });
        }
        return;
      }
      this.#emit("retry", { reason: code, attempt: attempt + 1, durationMs: next.waitMs });
      await sleep(next.waitMs, abort.signal);
    }
  }

  #install(token: Token, id: number | null, freshUntilMs: number): void {
    if (id !== null) {
      this.#ids.set(token, id);
      this.#token = token;
      this.#freshUntilMs = freshUntilMs;
      this.#failure = undefined;
    }
  }

  #emit(type: ClientEvent["type"], details: { [name in keyof ClientEvent]?: unknown }): void {
    const onEvent = this.#options.onEvent as ((event: ClientEvent) => void) | undefined;
    if (onEvent !== undefined) {
      const known = Object.entries(details).filter(([, value]) => value !== null);
      try {
        onEvent({ type, atMs: Date.now(), ...Object.fromEntries(known) });
      } catch {
        // A listener that throws breaks nothing.
      }
    }
  }
}
