// A caller of `getToken` that has to wait for its token, or at least has to ask the lifecycle.
import { checkSignal } from "../arguments.js";
import { monotonicMs } from "../clock.js";
import { AuthError, internalError } from "../errors.js";
import type { CallerAction } from "../generated/core.js";
import { ownOptionsOf } from "../options.js";
import type { TurnTimers } from "../timers.js";
import type { Token } from "../token.js";
import { waitFor } from "./caller-wait.js";
import type { Exchanges } from "./exchanges.js";
import type { InFlight } from "./in-flight.js";
import type { SourceContext, WaitUntil } from "./source-parts.js";

export interface GetTokenOptions {
  readonly signal?: AbortSignal | undefined;
  readonly waitUntil?: WaitUntil | undefined;
}

/** The parts of a source that its callers work with. */
export interface CallerContext extends SourceContext {
  readonly exchanges: Exchanges;
  readonly timers: TurnTimers;
}

/** One call of `getToken`. It asks the lifecycle again and again, and does what each answer says. */
export class Caller {
  readonly #context: CallerContext;
  readonly #signal: AbortSignal | undefined;
  readonly #waitUntil: WaitUntil | undefined;
  /** When the wait must end, by the monotonic clock, in milliseconds. */
  readonly #untilMs: number;
  /** When the caller first asked, if it has waited since. The lifecycle counts its deadline from then. */
  #askedAtMs: number | undefined;
  /** The last exchange that this caller has led. */
  #led: InFlight | undefined;

  constructor(context: CallerContext, options: GetTokenOptions | undefined) {
    const { signal, waitUntil } = ownOptionsOf(options ?? {}, ["signal", "waitUntil"]);
    this.#context = context;
    this.#signal = checkSignal(signal);
    this.#waitUntil = (waitUntil as WaitUntil | undefined) ?? context.waitUntil;
    this.#untilMs = monotonicMs() + context.policy.deadlineMs;
  }

  /** Returns the token. */
  async token(): Promise<Token> {
    const { holder, exchanges, timers } = this.#context;
    for (;;) {
      this.#signal?.throwIfAborted();
      const shared = this.#tokenOfOtherLeader();
      if (shared) {
        return shared;
      }
      const action = this.#ask();
      if (action.type === "handOut") {
        const { token } = holder;
        if (token) {
          holder.lease.begin(action.handOutForMs);
          if (this.#led?.writing && !this.#waitUntil) {
            // Without `waitUntil`, Workers may end the write with this request.
            const { writing, cancellation } = this.#led;
            const ended = Promise.race([writing, cancellation.cancelled()]) as Promise<void>;
            await waitFor(timers, this.#untilMs - monotonicMs(), this.#signal, ended);
            this.#led = undefined;
            continue; // ask again: the token may have ended, and the client may be closed
          }
          return token;
        }
        if (!action.start) {
          // Cannot happen: the holder sets the token together with the lifecycle. Throw, rather than loop for ever.
          throw internalError(new Error("a token is missing"), []);
        }
        // A listener heard of that exchange and dropped the token. Ask again.
      } else {
        const { inFlight } = exchanges;
        await waitFor(timers, action.waitMs, this.#signal, inFlight && exchanges.endOf(inFlight));
        this.#signal?.throwIfAborted();
        this.#throwFailureOf(inFlight);
      }
    }
  }

  /**
   * Returns the current token if this caller has waited for another leader and the token is at hand: the leader has asked
   * the lifecycle already, and its answer holds for all waiters.
   */
  #tokenOfOtherLeader(): Token | undefined {
    const hasWaited = this.#askedAtMs !== undefined && this.#led === undefined;
    return hasWaited ? this.#context.holder.atHand : undefined;
  }

  /** Asks the lifecycle. Begins the exchange that it wants, and throws the failure that it remembers. */
  #ask(): Exclude<CallerAction, { readonly type: "fail" }> {
    const { holder, exchanges } = this.#context;
    holder.lifecycle.startOrReplace(); // before the clocks are read, so that a new lifecycle hears of them
    const monotonicNowMs = holder.readClocks();
    const action = holder.lifecycle.call((lifecycle) =>
      lifecycle.ask(monotonicNowMs, this.#askedAtMs),
    );
    if (action.type !== "handOut") {
      holder.lease.end(); // else a clock that is put back would make the token look good again
    }
    if (action.type === "fail") {
      throw new AuthError(action.error, action.error.cause, action.failsForMs);
    }
    if (action.type !== "handOut") {
      this.#askedAtMs = action.askedAtMs;
    }
    if (action.type !== "wait" && action.start) {
      this.#led = exchanges.begin(action.start, this.#waitUntil, action.type === "handOut");
    }
    return action;
  }

  /** Throws if the exchange that this caller has waited for failed in a way that ends the call. */
  #throwFailureOf(inFlight: InFlight | undefined): void {
    if (this.#led?.controlFlow) {
      throw this.#led.controlFlow;
    }
    if (inFlight?.defect) {
      throw inFlight.defect;
    }
    if (inFlight?.failure && this.#context.holder.token?.isExpired() !== false) {
      // Even if a listener has reset the client meanwhile, its waiters fail: the next exchange would fail too.
      throw new AuthError(inFlight.failure, inFlight.failure.cause);
    }
  }
}
