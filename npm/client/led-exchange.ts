// An exchange, as its leader reports it.
import type { AuthError } from "../errors.js";
import type { LeaderAction, TokenRecord } from "../generated/core.js";
import type { SealedStore } from "../stores/sealed-store.js";
import { Token } from "../token.js";
import type { AuthErrorCode } from "../types/index.js";
import type { CooldownEvents } from "./cooldown-events.js";
import type { ExchangeEmit } from "./events.js";
import type { InFlight } from "./in-flight.js";
import { CoordinatorFailure, type ExchangeProgress } from "./issuer.js";
import type { Lifecycle } from "./lifecycle.js";
import type { SourceContext } from "./source-parts.js";
import type { TokenHolder } from "./token-holder.js";

/** The parts of a source that a leader works with. */
export interface LeaderContext extends Omit<SourceContext, "emit"> {
  readonly cooldowns: CooldownEvents;
  readonly emit: ExchangeEmit;
}

/** Reports an exchange to the lifecycle that started it, and to the listener. */
export class LedExchange {
  readonly #context: LeaderContext;
  readonly #holder: TokenHolder;
  readonly #inFlight: InFlight;
  /** The lifecycle that started the exchange. */
  readonly #startedBy: Lifecycle | undefined;
  /** The number of attempts that have begun. */
  #attempts = 0;
  /** When the last attempt began, by the monotonic clock. */
  #attemptBegunMs: number;
  /** When the last attempt ended, by the monotonic clock, if the client has asked for other keys since. */
  #attemptEndedMs: number | undefined;

  constructor(context: LeaderContext, inFlight: InFlight) {
    this.#context = context;
    this.#holder = context.holder;
    this.#inFlight = inFlight;
    this.#startedBy = context.holder.lifecycle.alive;
    this.#attemptBegunMs = context.holder.readClocks();
  }

  /** Calls the lifecycle that started the exchange. Returns `undefined` if another lifecycle has taken its place. */
  #report<Result>(run: (lifecycle: Lifecycle) => Result): Result | undefined {
    return this.#holder.lifecycle.callIfSame(this.#startedBy, run);
  }

  /** Reads the store. Returns the next step. */
  async readStore(sealedStore: SealedStore): Promise<LeaderAction | undefined> {
    const { emit } = this.#context;
    const begunMs = this.#holder.readClocks();
    const timeoutMs = this.#report((lifecycle) =>
      lifecycle.storeReadBegins(begunMs, this.#inFlight.exchange),
    );
    if (timeoutMs === undefined) {
      return undefined;
    }
    const record = await sealedStore.read(timeoutMs, this.#holder.token, emit);
    if (record === undefined) {
      return this.storeMiss();
    }
    const monotonicNowMs = this.#holder.readClocks();
    const { next, isInstalled } = this.#reportToken(record, monotonicNowMs, "storeHit");
    const durationMs = monotonicNowMs - begunMs;
    if (isInstalled) {
      emit("store.hit", { correlationId: record.correlationId, durationMs });
    } else {
      emit("store.miss", { reason: "older", durationMs });
    }
    return next;
  }

  /** Reports that there is no store, or no token in it. Returns the next step. */
  storeMiss(): LeaderAction | undefined {
    const monotonicNowMs = this.#holder.readClocks();
    return this.#report((lifecycle) =>
      lifecycle.storeMiss(monotonicNowMs, this.#inFlight.exchange),
    );
  }

  /** Reports the step that the exchange begins. Cancels the exchange if another caller leads by now. */
  onProgress(progress: ExchangeProgress): void {
    const { emit } = this.#context;
    const { exchange, reason, cancellation } = this.#inFlight;
    const monotonicNowMs = this.#holder.readClocks();
    const error = progress.step === "attempt" ? undefined : progress.error;
    const stillLeads = this.#report((lifecycle) =>
      lifecycle.progress(monotonicNowMs, exchange, progress.untilMs, error),
    );
    if (!stillLeads) {
      cancellation.cancel();
      return;
    }
    if (progress.step === "attempt") {
      this.#attempts += 1;
      this.#attemptBegunMs = monotonicNowMs;
      this.#attemptEndedMs = undefined;
      emit("exchange.start", { reason, attempt: this.#attempts });
    } else if (progress.step === "credentials") {
      this.#attemptEndedMs = this.#attempts > 0 ? monotonicNowMs : undefined;
    } else {
      const { correlationId } = progress.error;
      const code = progress.error.code as AuthErrorCode;
      emit("exchange.failure", { reason: code, ...this.#attemptAt(monotonicNowMs, correlationId) });
      const { waitMs } = progress;
      emit("retry", { reason: code, attempt: this.#attempts + 1, durationMs: waitMs });
    }
  }

  /** Reports a new token. Returns true if it is the current one now. */
  succeeded(record: TokenRecord): boolean {
    const { emit, cooldowns } = this.#context;
    const monotonicNowMs = this.#holder.readClocks();
    // Before any event: its listener may ask for the token.
    const { next, isInstalled } = this.#reportToken(record, monotonicNowMs, "succeeded");
    const attempt = this.#attemptAt(monotonicNowMs, record.correlationId);
    emit("exchange.success", { reason: this.#inFlight.reason, ...attempt });
    if (next?.type === "done" && next.hasClosedCircuit) {
      emit("circuit.close", { reason: "accepted" });
    }
    cooldowns.end("accepted");
    return isInstalled;
  }

  /** Reports a token. Returns the next step, and whether the lifecycle has made the token the current one. */
  #reportToken(record: TokenRecord, monotonicNowMs: number, event: "succeeded" | "storeHit") {
    const token = new Token(record);
    const expiresInMs = token.expiresAtMs - Date.now();
    const next = this.#report((lifecycle) =>
      lifecycle[event](monotonicNowMs, this.#inFlight.exchange, expiresInMs, record.lifetimeMs),
    );
    const isInstalled = next !== undefined && this.#holder.install(token, next, monotonicNowMs);
    return { next, isInstalled };
  }

  /** Returns the details of an event at the end of an attempt. A failure to get keys counts as the first attempt. */
  #attemptAt(monotonicNowMs: number, correlationId: string | null) {
    const durationMs = (this.#attemptEndedMs ?? monotonicNowMs) - this.#attemptBegunMs;
    return { attempt: Math.max(1, this.#attempts), correlationId, durationMs };
  }

  /** Reports that a framework has ended the render that leads the exchange. */
  abandoned(): void {
    const monotonicNowMs = this.#holder.readClocks();
    // The next caller that asks leads. The lifecycle remembers no failure.
    this.#report((lifecycle) => lifecycle.abandoned(monotonicNowMs, this.#inFlight.exchange));
    this.#holder.lease.end(); // the next caller must ask the lifecycle
  }

  /** Reports the failure of the exchange. After a trap, throws the error instead, unless the client is closed. */
  failed(result: AuthError | CoordinatorFailure): void {
    const { emit, cooldowns } = this.#context;
    const { exchange } = this.#inFlight;
    const monotonicNowMs = this.#holder.readClocks();
    const error = result instanceof CoordinatorFailure ? result.error : result;
    const { code, correlationId } = error;
    const next = this.#report((lifecycle) =>
      result instanceof CoordinatorFailure
        ? lifecycle.failedAtCoordinator(monotonicNowMs, exchange, error)
        : lifecycle.failed(monotonicNowMs, exchange, error),
    );
    if (this.#holder.lifecycle.isClosed) {
      return;
    }
    this.#holder.lease.end(); // the next caller must ask the lifecycle
    emit("exchange.failure", { reason: code, ...this.#attemptAt(monotonicNowMs, correlationId) });
    if (next === undefined) {
      throw error; // the core has trapped, and the new lifecycle does not know this exchange
    }
    if (next.type === "failed") {
      this.#inFlight.failure = error;
      cooldowns.begin(error, next.hasOpenedCircuit, emit);
    }
  }
}
