// Drives a lifecycle: makes the exchanges that it starts, and waits where it says to wait.

import { checkSignal } from "../arguments.js";
import { steadyMs, TurnTimers } from "../clock.js";
import { queueMicrotask } from "../core/host.js";
import { AuthError, internalError, isControlFlow } from "../errors.js";
import type { LifecycleState, Next, Start } from "../generated/core.js";
import { snapshot } from "../options.js";
import { isWorkers } from "../runtime.js";
import type { SealedStore } from "../stores/sealed-store.js";
import { recordOf, type Token } from "../token.js";
import type { AuthErrorCode, ClientState } from "../types/index.js";
import { waitFor } from "./caller-wait.js";
import { CooldownEvents } from "./cooldown-events.js";
import type { Credentials } from "./credentials.js";
import { type Emit, emitter } from "./events.js";
import { Freshness } from "./freshness.js";
import { InFlight } from "./in-flight.js";
import type { TokenIssuer } from "./issuer.js";
import { type LeaderContext, lead } from "./leader.js";
import { ClientLifecycle, type LifecyclePolicy } from "./lifecycle.js";
import type { RejectedTokens } from "./rejected-tokens.js";

/** What a source works with. */
export interface SourceParts {
  readonly policy: LifecyclePolicy;
  readonly issuer: TokenIssuer;
  readonly sealedStore?: SealedStore | undefined;
  /** Is told of tokens that were rejected, if there is somebody who asks it. */
  readonly rejectedTokens?: RejectedTokens | undefined;
  /** What has the secrets that must not be seen in any error, if there are some. */
  readonly credentials?: Pick<Credentials, "secrets">;
  readonly onEvent?: unknown;
  readonly waitUntil?: unknown;
}

/** The number of an exchange that none has. */
const NOBODYS_EXCHANGE = 0;

export type WaitUntil = (promise: Promise<unknown>) => void;

export interface GetTokenOptions {
  readonly signal?: AbortSignal | undefined;
  readonly waitUntil?: WaitUntil | undefined;
}

/** Hands out tokens, and gets them when there is none. */
export class TokenSource {
  readonly #parts: SourceParts;
  readonly emit: Emit;
  readonly #lifecycle: ClientLifecycle;
  /** But for what is of one exchange. */
  readonly #leaderContext: Omit<LeaderContext, "emit" | "onCooldown">;
  readonly #timers = new TurnTimers();
  #ids = new WeakMap<Token, number>();
  /** How many exchanges there were. A lifecycle that comes after a trap counts from the beginning. */
  #exchanges = 0;
  readonly #cooldowns: CooldownEvents;
  #inFlight: InFlight | undefined;
  /** The wait of the first one who has asked in this turn, and that of all others. */
  #together: { readonly wait: Promise<Token>; others: Promise<Token> | undefined } | undefined;

  // The token at hand, when it ends by the steady clock, and until when the lifecycle need not be asked about it.
  #token: Token | undefined;
  /** It again, as all who ask get it. On Workers each request needs a promise of its own. */
  #handedOut: Promise<Token> | undefined;
  /** The last one that was at hand. */
  #last: Token | undefined;
  #endsAtMs = 0;
  readonly #freshness = new Freshness();

  constructor(parts: SourceParts) {
    this.#parts = parts;
    this.emit = emitter(parts.onEvent);
    this.#lifecycle = new ClientLifecycle(parts.policy, () => {
      this.#takeOver();
    });
    this.#cooldowns = new CooldownEvents(this.emit, () => this.#lifecycleState());
    this.#leaderContext = {
      lifecycle: this.#lifecycle,
      issuer: parts.issuer,
      sealedStore: parts.sealedStore,
      now: () => this.#now(),
      current: () => this.#token,
      last: () => this.#last,
      install: (...given) => this.#install(...given),
      onFailure: () => {
        this.#freshness.end(); // what comes next is the lifecycle's to say
      },
      onCooldownOver: (reason) => this.#cooldowns.end(reason),
    };
  }

  getToken(options?: GetTokenOptions): Promise<Token> {
    try {
      // The hit path: two comparisons, no call into Wasm, one promise.
      if (options?.signal?.aborted !== true) {
        const token = this.fresh;
        if (token !== undefined) {
          return this.#handedOut ?? Promise.resolve(token);
        }
      }
    } catch {
      // A getter of the caller's own. `#wait` says so.
    }
    return options === undefined ? this.#waitTogether() : this.#wait(options);
  }

  /**
   * Those who ask within one turn wait as one: on Workers a turn belongs to one request, as a promise does. If the
   * first one leads and its framework ends its render, the others, which may have another render, ask again as one.
   */
  #waitTogether(): Promise<Token> {
    const first = this.#together;
    if (first) {
      first.others ??= first.wait.catch((thrown: unknown) => {
        if (isControlFlow(thrown)) {
          return this.#wait();
        }
        throw thrown;
      });
      return first.others;
    }
    const wait = this.#wait();
    this.#together = { wait, others: undefined };
    queueMicrotask(() => {
      this.#together = undefined;
    });
    return wait;
  }

  /** The token at hand, if it may be handed out without asking the lifecycle. */
  get fresh(): Token | undefined {
    return this.#token !== undefined && this.#freshness.isFresh() ? this.#token : undefined;
  }

  /**
   * A request with this token was answered with a 401, and can be sent again or not. Returns whether to send
   * it again with another token.
   */
  async unauthorized(token: Token, canBeSentAgain: boolean): Promise<boolean> {
    const now = this.#now();
    // A store may have brought the same one again.
    const rejected = token.value === this.#token?.value ? this.#token : token;
    const id = this.#id(rejected);
    const replay = this.#lifecycle.call((it) => it.unauthorized(now, id));
    if (replay) {
      this.#parts.rejectedTokens?.add(rejected);
    }
    if (replay && rejected === this.#token) {
      this.#forget();
      this.emit("token.rejected", { correlationId: rejected.correlationId });
      if (!canBeSentAgain) {
        // Whether a new token would have helped can't be tried, so it is held to be of no help.
        await this.replayed(rejected, true);
      }
    }
    return replay && canBeSentAgain;
  }

  /** A request that was sent again with this token was answered, with another 401 or not. */
  async replayed(token: Token, unauthorized: boolean): Promise<void> {
    const now = this.#now();
    const id = this.#id(token);
    const isNews = this.#lifecycle.callIfAlive((it) => it.replayed(now, id, unauthorized));
    if (isNews || !unauthorized) {
      await this.#parts.issuer.replayed?.(token, unauthorized);
    }
  }

  /** The token at hand, which may be due for a refresh, or over. */
  get atHand(): Token | undefined {
    return this.#token;
  }

  /** Until when the token at hand needs no refresh, by the wall clock. */
  get freshUntilMs(): number {
    return this.#freshness.untilMs;
  }

  /** Never throws. Without the core, which may have trapped, it says what is known here. */
  state(): ClientState {
    const reported = this.#lifecycleState(); // first: a clock that has stepped back drops the token
    const token = this.#token;
    const wallMs = Date.now();
    const atHand = wallMs < this.#freshness.untilMs ? "fresh" : "refresh-soon";
    const isOver = token && token.expiresAtMs <= wallMs;
    const { retryInMs = null, lastFailure = null } = reported ?? {};
    return {
      token: token === undefined ? "none" : (reported?.token ?? (isOver ? "expired" : atHand)),
      expiresAtMs: token?.expiresAtMs ?? null,
      exchanging: reported?.exchanging ?? false,
      circuit: reported?.circuit ?? "closed",
      retryAtMs: retryInMs === null ? null : wallMs + retryInMs,
      lastFailure: (lastFailure?.code ?? null) as AuthErrorCode | null,
    };
  }

  /** What the lifecycle says of itself, if it is there. Never throws. */
  #lifecycleState(): LifecycleState | undefined {
    try {
      const nowMs = this.#now();
      return this.#lifecycle.callIfAlive((it) => it.state(nowMs));
    } catch {
      return undefined; // it has trapped just now
    }
  }

  /** Waits for the exchange under way, if there is one. For hosts that let anybody wait for anybody. */
  async settled(): Promise<void> {
    if (this.#inFlight) {
      await this.#end(this.#inFlight);
    }
  }

  invalidate(token?: Token): void {
    if (token === undefined || token === this.#token) {
      if (this.#token) {
        this.#parts.rejectedTokens?.add(this.#token);
      }
      this.#forget(); // first: no defect of the lifecycle may keep it at hand
      this.#lifecycle.callIfAlive((it) => it.invalidate());
    }
  }

  reset(): void {
    this.#freshness.end(); // a refresh that was held back may begin
    this.#parts.issuer.reset?.();
    if (this.#lifecycle.callIfAlive((it) => it.reset())) {
      this.emit("circuit.close", { reason: "reset" });
    }
    this.#cooldowns.end("reset");
  }

  close(): void {
    this.#lifecycle.close();
    this.#forget();
    if (!isWorkers()) {
      this.#inFlight?.stop();
    }
  }

  /**
   * The steady clock, off the hit path. The lifecycle is told of both clocks. When the steady one has stepped
   * back, also since the hit path read it, that ends the token there and here.
   */
  #now(): number {
    const [wallMs, nowMs] = [Date.now(), steadyMs()];
    const { seenMs } = this.#freshness;
    const steppedBack = this.#lifecycle.callIfAlive((it) => it.clocksRead(wallMs, nowMs, seenMs));
    if (steppedBack) {
      this.#forget();
    }
    if (steppedBack !== undefined) {
      this.#freshness.sees(wallMs, nowMs); // else it is told to the lifecycle that comes next
    }
    return nowMs;
  }

  #id(token: Token): number {
    this.#lifecycle.ensure();
    return this.#ids.get(token) ?? 0;
  }

  #secrets(): string[] {
    const secrets = [...(this.#parts.credentials?.secrets ?? [])];
    return this.#last ? [...secrets, this.#last.value] : secrets;
  }

  #forget(): void {
    this.#token = undefined;
    this.#freshness.end();
  }

  /** A lifecycle that knows nothing yet is told of the token at hand. */
  #takeOver(): void {
    this.#inFlight = undefined; // whose leader ends by itself
    this.#ids = new WeakMap(); // it counts from the beginning
    const now = this.#now();
    const token = this.#token;
    if (token) {
      // By the clock that is nearer to the end: the other one may have missed something.
      const endsInMs = Math.min(token.expiresAtMs - Date.now(), this.#endsAtMs - now);
      const { lifetimeMs } = recordOf(token);
      const next = this.#lifecycle.call((it) =>
        it.succeeded(now, NOBODYS_EXCHANGE, endsInMs, lifetimeMs, false),
      );
      this.#install(token, next, now);
    }
  }

  async #wait(options?: GetTokenOptions): Promise<Token> {
    const own = snapshot(options ?? {}, ["signal", "waitUntil"]);
    const signal = checkSignal(own.signal);
    const waitUntil = own.waitUntil as WaitUntil | undefined;
    const untilMs = steadyMs() + this.#parts.policy.deadlineMs;
    let askedAtMs: number | undefined;
    let led: InFlight | undefined;
    for (;;) {
      signal?.throwIfAborted();
      const fresh = askedAtMs !== undefined && led === undefined && this.fresh;
      if (fresh) {
        return fresh; // the leader has asked the lifecycle about it: the answer holds for all who wait
      }
      this.#lifecycle.ensure(); // so that it is told of the clocks
      const now = this.#now();
      const ask = this.#lifecycle.call((it) => it.ask(now, askedAtMs));
      if (ask.type !== "handOut") {
        this.#freshness.end(); // or a clock that was put back would make it look fresh again
      }
      if (ask.type === "fail") {
        throw new AuthError(ask.error, ask.error.cause, ask.failsForMs);
      }
      const start = ask.type === "wait" ? null : ask.start;
      if (start) {
        led = this.#lead(start, waitUntil, ask.type === "handOut");
      }
      if (ask.type === "handOut") {
        const token = this.#token;
        if (token !== undefined) {
          this.#freshness.begin(ask.freshForMs);
          if (led?.writing && !this.#waitUntil(waitUntil)) {
            // On Workers it may end with this request.
            await waitFor(this.#timers, untilMs - now, signal, led.writing);
            signal?.throwIfAborted();
          }
          return token;
        }
        if (start) {
          continue; // a listener has dropped it, who was told of that exchange
        }
        // Cannot happen: the two are set together. Throw, rather than loop for ever.
        throw internalError(new Error("a token is missing"), []);
      }
      askedAtMs = ask.askedAtMs;
      const inFlight = this.#inFlight;
      await waitFor(this.#timers, ask.waitMs, signal, inFlight && this.#end(inFlight));
      signal?.throwIfAborted();
      if (led?.controlFlow) {
        throw led.controlFlow;
      }
      if (inFlight?.defect) {
        throw inFlight.defect;
      }
      if (inFlight?.failure && this.#token?.isExpired() !== false) {
        // A listener may have reset the client meanwhile. Its callers still fail: the next exchange would, too.
        throw new AuthError(inFlight.failure, inFlight.failure.cause);
      }
    }
  }

  /**
   * The end of an exchange, which never rejects. workerd rejects a promise of a request that has completed, from
   * 1.20261117 on: then the leader is gone, and the next one that asks leads.
   */
  async #end(inFlight: InFlight): Promise<void> {
    try {
      await inFlight.ended;
    } catch {
      if (this.#inFlight === inFlight) {
        this.#inFlight = undefined;
        const now = this.#now();
        this.#lifecycle.callIfAlive((it) => it.abandoned(now, inFlight.exchange));
      }
    }
  }

  #waitUntil(ofCall: WaitUntil | undefined): WaitUntil | undefined {
    return ofCall ?? (this.#parts.waitUntil as WaitUntil | undefined);
  }

  #lead(start: Start, waitUntil: WaitUntil | undefined, inBackground: boolean): InFlight {
    const inFlight = new InFlight(start.exchange);
    this.#inFlight = inFlight;
    this.#exchanges += 1;
    const exchangeId = this.#exchanges;
    const emit: Emit = (type, details) => this.emit(type, { exchangeId, ...details });
    this.#cooldowns.end("over");
    if (inBackground) {
      emit("refresh.background", { reason: start.reason });
    }
    const endCheck = inFlight.stopIf(() => this.#lifecycle.isClosed);
    const onCooldown = (error: AuthError, hasOpened: boolean) => {
      inFlight.failure = error;
      this.#cooldowns.begin(error, hasOpened, emit);
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
      // A host that refuses is no reason to fail. The exchange may end with its request, then.
    }
    return inFlight;
  }

  /** Has the token at hand, if that is what comes next. */
  #install(token: Token, next: Next, nowMs: number): boolean {
    if (next.type !== "done" || next.token === null) {
      return false;
    }
    this.#ids.set(token, next.token);
    this.#token = token;
    this.#handedOut = isWorkers() ? undefined : Promise.resolve(token);
    this.#last = token;
    this.#endsAtMs = nowMs + (token.expiresAtMs - Date.now());
    this.#freshness.begin(next.freshForMs);
    return true;
  }
}
