// The current token of a client, and the lifecycle that decides about it.
import { monotonicMs } from "../clock.js";
import type { LeaderAction, LifecycleState } from "../generated/core.js";
import { runtime } from "../runtime.js";
import { recordOf, type Token } from "../token.js";
import { Lease } from "./lease.js";
import { ClientLifecycle, type LifecyclePolicy } from "./lifecycle.js";

/** The number of no exchange: the lifecycle counts from 1. */
const NO_EXCHANGE = 0;

/** Holds the current token and the lifecycle, and keeps them in agreement. All times are in milliseconds. */
export class TokenHolder {
  readonly lifecycle: ClientLifecycle;
  readonly lease = new Lease();
  #token: Token | undefined;
  #lastToken: Token | undefined;
  /**
   * The current token as a promise that all callers share, on the runtimes where requests may share one. On Workers
   * each request needs its own, and a runtime that is not known may be Workers underneath.
   */
  #promise: Promise<Token> | undefined;
  /** When the current token expires, by the monotonic clock. */
  #expiresAtMonotonicMs = 0;
  /** The numbers by which the running lifecycle knows the tokens. */
  #numbers = new WeakMap<Token, number>();

  constructor(policy: LifecyclePolicy) {
    this.lifecycle = new ClientLifecycle(policy, () => this.#reportToNewLifecycle());
  }

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

  /** Makes this token the current one, if `next` says so. Returns true if it did. */
  install(token: Token, next: LeaderAction, monotonicNowMs: number): boolean {
    if (next.type !== "done" || next.token === null) {
      return false;
    }
    this.#numbers.set(token, next.token);
    this.#token = token;
    const isShared = ["nodejs", "deno", "bun"].includes(runtime());
    this.#promise = isShared ? Promise.resolve(token) : undefined;
    this.#lastToken = token;
    this.#expiresAtMonotonicMs = monotonicNowMs + (token.expiresAtMs - Date.now());
    this.lease.begin(next.handOutForMs);
    return true;
  }

  /** Drops the current token. */
  drop(): void {
    this.#token = undefined;
    this.lease.end();
  }

  /** Returns the number by which the running lifecycle knows a token. Returns 0 if it does not know the token. */
  numberOf(token: Token): number {
    this.lifecycle.startOrReplace();
    return this.#numbers.get(token) ?? 0;
  }

  /**
   * Reads both clocks, reports them to the lifecycle, and returns the monotonic clock. The hit path does not call it. If
   * the monotonic clock has stepped back, also since the hit path last read it, the lifecycle and this holder drop the
   * current token.
   */
  readClocks(): number {
    const [wallMs, monotonicNowMs] = [Date.now(), monotonicMs()];
    const { lastMonotonicMs } = this.lease;
    const steppedBack = this.lifecycle.callIfAlive((lifecycle) =>
      lifecycle.clocksRead(wallMs, monotonicNowMs, lastMonotonicMs),
    );
    if (steppedBack) {
      this.drop();
    }
    if (steppedBack !== undefined) {
      this.lease.clocksRead(wallMs, monotonicNowMs); // otherwise the next lifecycle hears of this step
    }
    return monotonicNowMs;
  }

  /** Returns the state of the lifecycle, if there is a lifecycle. Never throws. */
  lifecycleState(): LifecycleState | undefined {
    try {
      const monotonicNowMs = this.readClocks();
      return this.lifecycle.callIfAlive((lifecycle) => lifecycle.state(monotonicNowMs));
    } catch {
      return undefined; // the core has trapped in this call
    }
  }

  /** Reports the current token to a new lifecycle, which knows none yet. */
  #reportToNewLifecycle(): void {
    this.#numbers = new WeakMap(); // a new lifecycle counts from the beginning
    const monotonicNowMs = this.readClocks();
    const token = this.#token;
    if (token) {
      // The earlier end by the two clocks, because the other clock may have missed some time.
      const expiresInMs = Math.min(
        token.expiresAtMs - Date.now(),
        this.#expiresAtMonotonicMs - monotonicNowMs,
      );
      const { lifetimeMs } = recordOf(token);
      const next = this.lifecycle.call((lifecycle) =>
        lifecycle.succeeded(monotonicNowMs, NO_EXCHANGE, expiresInMs, lifetimeMs),
      );
      this.install(token, next, monotonicNowMs);
    }
  }
}
