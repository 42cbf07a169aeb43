// The current token of a client, and how long it may be handed out.
import type { LeaderAction } from "../generated/core.js";
import { runtime } from "../runtime.js";
import type { Token } from "../token.js";
import { Lease } from "./lease.js";

/** Holds the current token. All times are in milliseconds. */
export class CurrentToken {
  readonly lease = new Lease();
  #token: Token | undefined;
  #lastToken: Token | undefined;
  /**
   * The current token as a promise that all callers share, on the runtimes where requests may share one. On Workers
   * each request needs its own, and a runtime that is not known may be Workers underneath.
   */
  #promise: Promise<Token> | undefined;
  /** When the current token expires, by the steady clock. */
  #expiresAtSteadyMs = 0;
  /** The numbers by which the lifecycle knows the tokens. */
  #numbers = new WeakMap<Token, number>();

  /** The current token. It may be due for a refresh, or expired. */
  get token(): Token | undefined {
    return this.#token;
  }

  /** The last token that was current. */
  get lastToken(): Token | undefined {
    return this.#lastToken;
  }

  /** The current token, if it may be handed out without a question to the lifecycle. */
  get atHand(): Token | undefined {
    return this.#token !== undefined && this.lease.lasts() ? this.#token : undefined;
  }

  /** Returns the current token as a promise, if it is at hand. Makes no call into Wasm and at most one promise. */
  promiseAtHand(): Promise<Token> | undefined {
    const token = this.atHand;
    return token === undefined ? undefined : (this.#promise ?? Promise.resolve(token));
  }

  /**
   * Returns in how many milliseconds the current token expires, by the clock that says less: the other one may have
   * missed some time.
   */
  expiresInMs(token: Token, nowMs: number): number {
    return Math.min(token.expiresAtMs - Date.now(), this.#expiresAtSteadyMs - nowMs);
  }

  /** Returns the lifecycle's number of a token, or 0 if the lifecycle does not know the token. */
  numberOf(token: Token): number {
    return this.#numbers.get(token) ?? 0;
  }

  /** Forgets all numbers: a new lifecycle counts from the beginning. */
  forgetNumbers(): void {
    this.#numbers = new WeakMap();
  }

  /** Drops the current token. */
  drop(): void {
    this.#token = undefined;
    this.lease.end();
  }

  /** Makes this token the current one, if `next` says so. Returns true if it did. */
  install(token: Token, next: LeaderAction, nowMs: number): boolean {
    if (next.type !== "done" || next.token === null) {
      return false;
    }
    this.#numbers.set(token, next.token);
    this.#token = token;
    const isShared = ["nodejs", "deno", "bun"].includes(runtime());
    this.#promise = isShared ? Promise.resolve(token) : undefined;
    this.#lastToken = token;
    this.#expiresAtSteadyMs = nowMs + (token.expiresAtMs - Date.now());
    this.lease.begin(next.handOutForMs);
    return true;
  }
}
