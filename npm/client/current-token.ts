// The current token of a client, and how long it may be handed out.
import type { LeaderAction } from "../generated/core.js";
import { runtime } from "../runtime.js";
import type { Token } from "../token.js";
import { Freshness } from "./freshness.js";

/** Holds the current token. All times are in milliseconds. */
export class CurrentToken {
  readonly freshness = new Freshness();
  #token: Token | undefined;
  #lastToken: Token | undefined;
  /**
   * The current token as a promise that all callers share, on the runtimes where requests may share one. On Workers
   * each request needs its own, and a runtime that is not known may be Workers underneath.
   */
  #promise: Promise<Token> | undefined;
  /** When the current token ends, by the steady clock. */
  #endsAtMs = 0;
  /** The ids by which the lifecycle knows the tokens. */
  #ids = new WeakMap<Token, number>();

  /** The current token. It may be due for a refresh, or expired. */
  get token(): Token | undefined {
    return this.#token;
  }

  /** The last token that was current. */
  get lastToken(): Token | undefined {
    return this.#lastToken;
  }

  /** The current token, if it may be handed out without a question to the lifecycle. */
  get fresh(): Token | undefined {
    return this.#token !== undefined && this.freshness.isFresh() ? this.#token : undefined;
  }

  /** Returns the current token as a promise, if it is fresh. Makes no call into Wasm and at most one promise. */
  promiseIfFresh(): Promise<Token> | undefined {
    const token = this.fresh;
    return token === undefined ? undefined : (this.#promise ?? Promise.resolve(token));
  }

  /**
   * Returns how much longer the current token lives. Takes the earlier end of the two clocks, because the other clock
   * may have missed some time.
   */
  endsInMs(token: Token, nowMs: number): number {
    return Math.min(token.expiresAtMs - Date.now(), this.#endsAtMs - nowMs);
  }

  /** Returns the lifecycle's id of a token, or 0 if the lifecycle does not know the token. */
  idOf(token: Token): number {
    return this.#ids.get(token) ?? 0;
  }

  /** Forgets all ids: a new lifecycle counts from the beginning. */
  forgetIds(): void {
    this.#ids = new WeakMap();
  }

  /** Drops the current token. */
  drop(): void {
    this.#token = undefined;
    this.freshness.end();
  }

  /** Makes this token the current one, if `next` says so. Returns true if it did. */
  install(token: Token, next: LeaderAction, nowMs: number): boolean {
    if (next.type !== "done" || next.token === null) {
      return false;
    }
    this.#ids.set(token, next.token);
    this.#token = token;
    const isShared = ["nodejs", "deno", "bun"].includes(runtime());
    this.#promise = isShared ? Promise.resolve(token) : undefined;
    this.#lastToken = token;
    this.#endsAtMs = nowMs + (token.expiresAtMs - Date.now());
    this.freshness.begin(next.freshForMs);
    return true;
  }
}
