// The source of tokens of a client. It makes the exchanges that the lifecycle starts, and waits as the lifecycle says.

import { checkSignal } from "../arguments.js";
import { steadyMs } from "../clock.js";
import { AuthError, internalError, isControlFlow } from "../errors.js";
import type { ExchangeStart, LifecycleState } from "../generated/core.js";
import { snapshot } from "../options.js";
import { isWorkers } from "../runtime.js";
import type { SealedStore } from "../stores/sealed-store.js";
import { TurnTimers } from "../timers.js";
import { recordOf, type Token } from "../token.js";
import type { AuthErrorCode, ClientState } from "../types/index.js";
import { waitFor } from "./caller-wait.js";
import { CooldownEvents } from "./cooldown-events.js";
import type { Credentials } from "./credentials.js";
import { CurrentToken } from "./current-token.js";
import { type Emit, emitter } from "./events.js";
import { InFlight } from "./in-flight.js";
import type { TokenIssuer } from "./issuer.js";
import { type LeaderContext, lead } from "./leader.js";
import { ClientLifecycle, type LifecyclePolicy } from "./lifecycle.js";
import type { RejectedTokens } from "./rejected-tokens.js";
import { TurnCallers } from "./turn-callers.js";

/** The parts that a source is made of. */
export interface SourceParts {
  readonly policy: LifecyclePolicy;
  readonly issuer: TokenIssuer;
  readonly sealedStore?: SealedStore | undefined;
  /** Gets every token that the service has rejected, if the store or the issuer needs to know them. */
  readonly rejectedTokens?: RejectedTokens | undefined;
  /** Has the secrets that no error may show, if there are any. */
  readonly credentials?: Pick<Credentials, "secrets">;
  readonly onEvent?: unknown;
  readonly waitUntil?: unknown;
}

/** The number of no exchange: the lifecycle counts from 1. */
const NO_EXCHANGE = 0;

export type WaitUntil = (promise: Promise<unknown>) => void;

export interface GetTokenOptions {
  readonly signal?: AbortSignal | undefined;
  readonly waitUntil?: WaitUntil | undefined;
}

/** Hands out the current token. Gets a new one if there is none, or if a refresh is due. */
export class TokenSource {
  readonly #parts: SourceParts;
  readonly emit: Emit;
  readonly #lifecycle: ClientLifecycle;
  /** The context of every leader, without the members that differ for each exchange. */
  readonly #leaderContext: Omit<LeaderContext, "emit" | "onCooldown">;
  readonly #timers = new TurnTimers();
  /** The number of exchanges so far. A lifecycle that was made after a trap counts from the beginning. */
  #exchangeCount = 0;
  readonly #cooldowns: CooldownEvents;
  #inFlight: InFlight | undefined;
  readonly #turnCallers = new TurnCallers(() => this.#wait());
  readonly #current = new CurrentToken();
  // What the lifecycle was told of thousands of requests, which share a token, it is told once.
  /** The last token that a 401 has ended. */
  #rejectedToken: Token | undefined;
  /** The last token with which a replay was accepted. */
  #acceptedToken: Token | undefined;

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.emit = emitter(parts.onEvent);
    this.#lifecycle = new ClientLifecycle(parts.policy, () => {
      this.#restoreLifecycle();
    });
    this.#cooldowns = new CooldownEvents(this.emit, () => this.#lifecycleState());
    this.#leaderContext = {
      lifecycle: this.#lifecycle,
      issuer: parts.issuer,
      sealedStore: parts.sealedStore,
      readClocks: () => this.#readClocks(),
      current: () => this.current,
      lastToken: () => this.#current.lastToken,
      install: (...args) => this.#current.install(...args),
      onFailure: () => {
        this.#current.lease.end(); // the next caller must ask the lifecycle
      },
      onCooldownOver: (reason) => this.#cooldowns.end(reason),
    };
  }

  getToken(options?: GetTokenOptions): Promise<Token> {
    try {
      // The hit path: two comparisons, no call into Wasm, one promise.
      if (options?.signal?.aborted !== true) {
        const atHand = this.#current.promiseAtHand();
        if (atHand !== undefined) {
          return atHand;
        }
      }
    } catch {
      // The caller's own getter has thrown. `#wait` reports that.
    }
    return options === undefined ? this.#turnCallers.wait() : this.#wait(options);
  }

  /** The current token, if it may be handed out without a question to the lifecycle. */
  get atHand(): Token | undefined {
    return this.#current.atHand;
  }

  /**
   * Reports that the answer to a request with this token was a 401. `canBeSentAgain` says that a replay of the request
   * is possible. Returns true if the caller should replay it with another token.
   */
  unauthorized(token: Token, canBeSentAgain: boolean): boolean | Promise<boolean> {
    // A store may have brought the same token again, as another object.
    const rejected = token.value === this.current?.value ? this.current : token;
    if (rejected === this.#rejectedToken) {
      return canBeSentAgain; // the lifecycle has allowed replays, and this token never becomes current again
    }
    const nowMs = this.#readClocks();
    const number = this.#numberOf(rejected);
    const replay = this.#lifecycle.call((lifecycle) => lifecycle.unauthorized(nowMs, number));
    if (replay) {
      this.#rejectedToken = rejected;
      this.#parts.rejectedTokens?.add(rejected);
    }
    if (replay && rejected === this.current) {
      this.#current.drop();
      this.emit("token.rejected", { correlationId: rejected.correlationId });
      if (!canBeSentAgain) {
        // Without a replay the client can't learn if a new token would help. It assumes that none would.
        return this.replayed(rejected, true)?.then(() => false) ?? false;
      }
    }
    return replay && canBeSentAgain;
  }

  /**
   * Reports the answer to a replay with this token. `unauthorized` says that it was another 401. Returns the wait for
   * the issuer, if it is told too.
   */
  replayed(token: Token, unauthorized: boolean): Promise<void> | undefined {
    if (!unauthorized) {
      if (token === this.#acceptedToken) {
        return undefined;
      }
      this.#acceptedToken = token;
    }
    const nowMs = this.#readClocks();
    const number = this.#numberOf(token);
    const isNews = this.#lifecycle.callIfAlive((lifecycle) =>
      lifecycle.replayed(nowMs, number, unauthorized),
    );
    return isNews || !unauthorized ? this.#parts.issuer.replayed?.(token, unauthorized) : undefined;
  }

  /** The current token. It may be due for a refresh, or expired. */
  get current(): Token | undefined {
    return this.#current.token;
  }

  /** When a refresh of the current token is due, by the wall clock, in milliseconds. */
  get leaseEndMs(): number {
    return this.#current.lease.untilWallMs;
  }

  /** Returns the state. Never throws. If the core has trapped, returns the part that is known without the core. */
  state(): ClientState {
    const reported = this.#lifecycleState(); // first: this drops the token if a clock has stepped back
    const token = this.current;
    const wallMs = Date.now();
    const phase = wallMs < this.leaseEndMs ? "fresh" : "refresh-soon";
    const isExpired = token && token.expiresAtMs <= wallMs;
    const { retryInMs = null, lastFailure = null } = reported ?? {};
    return {
      token: token === undefined ? "none" : (reported?.token ?? (isExpired ? "expired" : phase)),
      expiresAtMs: token?.expiresAtMs ?? null,
      exchanging: reported?.exchanging ?? false,
      circuit: reported?.circuit ?? "closed",
      retryAtMs: retryInMs === null ? null : wallMs + retryInMs,
      lastFailure: (lastFailure?.code ?? null) as AuthErrorCode | null,
    };
  }

  /** Returns the state of the lifecycle, if there is a lifecycle. Never throws. */
  #lifecycleState(): LifecycleState | undefined {
    try {
      const nowMs = this.#readClocks();
      return this.#lifecycle.callIfAlive((lifecycle) => lifecycle.state(nowMs));
    } catch {
      return undefined; // the core has trapped in this call
    }
  }

  /** Waits for the in-flight exchange, if there is one. Only for hosts where every request may wait for any other. */
  async settled(): Promise<void> {
    if (this.#inFlight) {
      await this.#endOf(this.#inFlight);
    }
  }

  invalidate(token?: Token): void {
    const { current } = this;
    if (token === undefined || token === current) {
      if (current) {
        this.#parts.rejectedTokens?.add(current);
      }
      this.#current.drop(); // first: no defect of the lifecycle may keep the token current
      this.#lifecycle.callIfAlive((lifecycle) => lifecycle.invalidate());
    }
  }

  reset(): void {
    this.#current.lease.end(); // a refresh may begin that the cool-down has held back
    this.#parts.issuer.reset?.();
    if (this.#lifecycle.callIfAlive((lifecycle) => lifecycle.reset())) {
      this.emit("circuit.close", { reason: "reset" });
    }
    this.#cooldowns.end("reset");
  }

  close(): void {
    this.#lifecycle.close();
    this.#current.drop();
    if (!isWorkers()) {
      this.#inFlight?.stop();
    }
  }

  /**
   * Reads both clocks, reports them to the lifecycle, and returns the steady clock in milliseconds. The hit path does
   * not call it. If the steady clock has stepped back, also since the hit path last read it, the lifecycle and this
   * source drop the current token.
   */
  #readClocks(): number {
    const [wallMs, nowMs] = [Date.now(), steadyMs()];
    const { lease } = this.#current;
    const { lastSteadyMs } = lease;
    const steppedBack = this.#lifecycle.callIfAlive((lifecycle) =>
      lifecycle.clocksRead(wallMs, nowMs, lastSteadyMs),
    );
    if (steppedBack) {
      this.#current.drop();
    }
    if (steppedBack !== undefined) {
      lease.clocksRead(wallMs, nowMs); // otherwise the next lifecycle hears of this step
    }
    return nowMs;
  }

  #numberOf(token: Token): number {
    this.#lifecycle.startOrReplace();
    return this.#current.numberOf(token);
  }

  #secrets(): string[] {
    const secrets = [...(this.#parts.credentials?.secrets ?? [])];
    const { lastToken } = this.#current;
    return lastToken ? [...secrets, lastToken.value] : secrets;
  }

  /** Reports the current token to a new lifecycle, which knows none yet. */
  #restoreLifecycle(): void {
    this.#inFlight = undefined; // its leader ends by itself
    this.#current.forgetNumbers();
    const nowMs = this.#readClocks();
    const token = this.current;
    if (token) {
      const expiresInMs = this.#current.expiresInMs(token, nowMs);
      const { lifetimeMs } = recordOf(token);
      const next = this.#lifecycle.call((lifecycle) =>
        lifecycle.succeeded(nowMs, NO_EXCHANGE, expiresInMs, lifetimeMs),
      );
      this.#current.install(token, next, nowMs);
    }
  }

  async #wait(options?: GetTokenOptions): Promise<Token> {
    const ownOptions = snapshot(options ?? {}, ["signal", "waitUntil"]);
    const signal = checkSignal(ownOptions.signal);
    const waitUntil = ownOptions.waitUntil as WaitUntil | undefined;
    const untilMs = steadyMs() + this.#parts.policy.deadlineMs;
    let askedAtMs: number | undefined;
    let led: InFlight | undefined;
    for (;;) {
      signal?.throwIfAborted();
      const atHand = askedAtMs !== undefined && led === undefined && this.atHand;
      if (atHand) {
        return atHand; // the leader has asked the lifecycle already, and its answer holds for all waiters
      }
      this.#lifecycle.startOrReplace(); // before the clocks are read, so that a new lifecycle hears of them
      const nowMs = this.#readClocks();
      const ask = this.#lifecycle.call((lifecycle) => lifecycle.ask(nowMs, askedAtMs));
      if (ask.type !== "handOut") {
        this.#current.lease.end(); // else the lease would last again after a clock is put back
      }
      if (ask.type === "fail") {
        throw new AuthError(ask.error, ask.error.cause, ask.failsForMs);
      }
      const start = ask.type === "wait" ? null : ask.start;
      if (start) {
        led = this.#lead(start, waitUntil, ask.type === "handOut");
      }
      if (ask.type === "handOut") {
        const token = this.current;
        if (token !== undefined) {
          this.#current.lease.begin(ask.handOutForMs);
          if (led?.writing && !this.#waitUntil(waitUntil)) {
            // Without `waitUntil`, Workers may end the write with this request.
            await waitFor(this.#timers, untilMs - nowMs, signal, led.writing);
            signal?.throwIfAborted();
          }
          return token;
        }
        if (start) {
          continue; // a listener heard of that exchange and dropped the token
        }
        // Cannot happen: the source and the lifecycle set the token together. Throw, rather than loop for ever.
        throw internalError(new Error("a token is missing"), []);
      }
      askedAtMs = ask.askedAtMs;
      const inFlight = this.#inFlight;
      await waitFor(this.#timers, ask.waitMs, signal, inFlight && this.#endOf(inFlight));
      signal?.throwIfAborted();
      if (led?.controlFlow) {
        throw led.controlFlow;
      }
      if (inFlight?.defect) {
        throw inFlight.defect;
      }
      if (inFlight?.failure && this.current?.isExpired() !== false) {
        // Even if a listener has reset the client meanwhile, its waiters fail: the next exchange would fail too.
        throw new AuthError(inFlight.failure, inFlight.failure.cause);
      }
    }
  }

  /**
   * Resolves at the end of an exchange. Never rejects. From 1.20261117 on, workerd rejects a promise whose request has
   * completed. Then the leader is gone, and the next caller that asks leads.
   */
  async #endOf(inFlight: InFlight): Promise<void> {
    try {
      await inFlight.ended;
    } catch {
      if (this.#inFlight === inFlight) {
        this.#inFlight = undefined;
        const nowMs = this.#readClocks();
        this.#lifecycle.callIfAlive((lifecycle) => lifecycle.abandoned(nowMs, inFlight.exchange));
      }
    }
  }

  #waitUntil(ofCall: WaitUntil | undefined): WaitUntil | undefined {
    return ofCall ?? (this.#parts.waitUntil as WaitUntil | undefined);
  }

  /** Makes the caller the leader of an exchange, and begins it. */
  #lead(start: ExchangeStart, waitUntil: WaitUntil | undefined, inBackground: boolean): InFlight {
    const inFlight = new InFlight(start.exchange);
    this.#inFlight = inFlight;
    this.#exchangeCount += 1;
    const exchangeId = this.#exchangeCount;
    const emit: Emit = (type, details) => this.emit(type, { exchangeId, ...details });
    this.#cooldowns.end("over");
    if (inBackground) {
      emit("refresh.background", { reason: start.reason });
    }
    const endCheck = inFlight.stopIf(() => this.#lifecycle.isClosed);
    const onCooldown = (error: AuthError, hasOpenedCircuit: boolean) => {
      inFlight.failure = error;
      this.#cooldowns.begin(error, hasOpenedCircuit, emit);
    };
    const context = { ...this.#leaderContext, emit, onCooldown };
    const done = lead(context, start, inFlight.cancellation)
      .catch((thrown: unknown) => {
        if (isControlFlow(thrown)) {
          inFlight.controlFlow = thrown;
        } else {
          // A defect. The lifecycle hears no more of this exchange, and lets another begin.
          inFlight.defect = internalError(thrown, this.#secrets());
        }
        return undefined;
      })
      .then((record) => {
        endCheck();
        if (this.#inFlight === inFlight) {
          this.#inFlight = undefined;
        }
        inFlight.writing = record && this.#parts.sealedStore?.write(record, emit);
        inFlight.end();
        return inFlight.writing;
      });
    try {
      this.#waitUntil(waitUntil)?.(done);
    } catch {
      // A host that refuses `waitUntil` is no reason to fail. Then the exchange may end with its request.
    }
    return inFlight;
  }
}
