// The source of tokens of a client.
import { isWorkers } from "../runtime.js";
import { TurnTimers } from "../timers.js";
import type { Token } from "../token.js";
import type { ClientState } from "../types/index.js";
import { AnswerReports } from "./answer-reports.js";
import { Caller, type CallerContext, type GetTokenOptions } from "./caller.js";
import { clientState } from "./client-state.js";
import { type Emit, emitter } from "./events.js";
import { Exchanges } from "./exchanges.js";
import type { SourceParts } from "./source-parts.js";
import { TokenHolder } from "./token-holder.js";
import { TurnCallers } from "./turn-callers.js";

/** Hands out the current token. Gets a new one if there is none, or if a refresh is due. */
export class TokenSource {
  readonly emit: Emit;
  readonly #context: CallerContext;
  readonly #holder: TokenHolder;
  readonly #answerReports: AnswerReports;
  readonly #turnCallers = new TurnCallers(() => this.#wait());

  constructor(parts: SourceParts) {
    this.emit = emitter(parts.onEvent);
    const holder = new TokenHolder(parts.policy);
    const context = { ...parts, emit: this.emit, holder };
    const exchanges = new Exchanges(context);
    this.#context = { ...context, exchanges, timers: new TurnTimers() };
    this.#holder = holder;
    this.#answerReports = new AnswerReports(context);
  }

  getToken(options?: GetTokenOptions): Promise<Token> {
    try {
      // The hit path: two comparisons, no call into Wasm, one promise.
      if (options?.signal?.aborted !== true) {
        const atHand = this.#holder.promiseAtHand();
        if (atHand !== undefined) {
          return atHand;
        }
      }
    } catch {
      // The caller's own getter has thrown. `#wait` reports that.
    }
    return options === undefined ? this.#turnCallers.wait() : this.#wait(options);
  }

  #wait(options?: GetTokenOptions): Promise<Token> {
    try {
      return new Caller(this.#context, options).token();
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  /** The current token, if it may be handed out without a question to the lifecycle. */
  get atHand(): Token | undefined {
    return this.#holder.atHand;
  }

  /** The current token. It may be due for a refresh, or expired. */
  get current(): Token | undefined {
    return this.#holder.token;
  }

  /** When a refresh of the current token is due, by the wall clock, in milliseconds. */
  get leaseEndMs(): number {
    return this.#holder.lease.untilWallMs;
  }

  /** Reports a 401. See {@link AnswerReports.unauthorized}. */
  unauthorized(token: Token, canBeSentAgain: boolean): boolean | Promise<boolean> {
    return this.#answerReports.unauthorized(token, canBeSentAgain);
  }

  /** Reports the answer to a replay. See {@link AnswerReports.replayed}. */
  replayed(token: Token, unauthorized: boolean): Promise<void> | undefined {
    return this.#answerReports.replayed(token, unauthorized);
  }

  /** Returns the state. Never throws. */
  state(): ClientState {
    return clientState(this.#holder);
  }

  /** Waits for the in-flight exchange, if there is one. Only for hosts where every request may wait for any other. */
  async settled(): Promise<void> {
    const { exchanges } = this.#context;
    if (exchanges.inFlight) {
      await exchanges.endOf(exchanges.inFlight);
    }
  }

  /** Drops the current token, if there is one. With `token`, drops it only if it is that token. */
  invalidate(token?: Token): void {
    const { current } = this;
    // The service may have issued the same token again, as another object.
    if (token === undefined || token?.value === current?.value) {
      if (current) {
        this.#context.rejectedTokens?.add(current);
      }
      this.#holder.drop(); // first: no defect of the lifecycle may keep the token current
      this.#holder.lifecycle.callIfAlive((lifecycle) => lifecycle.invalidate());
    }
  }

  /** Ends every cool-down and closes the circuit: the user has fixed the cause of the failures. */
  reset(): void {
    const { issuer, exchanges } = this.#context;
    this.#holder.lease.end(); // a refresh may begin that the cool-down has held back
    issuer.reset?.();
    if (this.#holder.lifecycle.callIfAlive((lifecycle) => lifecycle.reset())) {
      this.emit("circuit.close", { reason: "reset" });
    }
    exchanges.cooldowns.end("reset");
  }

  /** Ends all waits and drops the current token. Every later call fails. */
  close(): void {
    this.#holder.lifecycle.close();
    this.#holder.drop();
    if (!isWorkers()) {
      this.#context.exchanges.last?.stop();
    }
  }
}
