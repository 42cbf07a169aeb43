// The lifecycle of a client: a state machine in the core.
import { call, runningInstance } from "../core/call.js";
import type { Instance } from "../core/host.js";
import { plainError } from "../errors.js";
import type { ClientPolicy, Lifecycle } from "../generated/core.js";
import * as core from "../generated/core.js";

export type { Lifecycle };

/** The part of a client's policy that its lifecycle needs. */
export type LifecyclePolicy = Pick<
  ClientPolicy,
  "timeoutMs" | "deadlineMs" | "refreshAhead" | "hasStore"
>;

/** A lifecycle that outlives the core. After the core was replaced, a new lifecycle takes the place of the old one. */
export class ClientLifecycle {
  readonly #policy: LifecyclePolicy;
  readonly #onReplaced: () => void;
  #started: { readonly instance: Instance; readonly lifecycle: Lifecycle } | undefined;
  #isClosed = false;

  /** Calls `onReplaced` when a new lifecycle, which knows no token yet, has taken the place of the old one. */
  constructor(policy: LifecyclePolicy, onReplaced: () => void) {
    this.#policy = policy;
    this.#onReplaced = onReplaced;
  }

  /** Calls the lifecycle. Throws `P4P_CLOSED` if the client is closed. */
  call<Result>(run: (lifecycle: Lifecycle) => Result): Result {
    if (this.#isClosed) {
      throw plainError("P4P_CLOSED", "expected a client that is open, found a closed one");
    }
    const lifecycle = this.#running();
    return call(() => run(lifecycle));
  }

  /** Calls the lifecycle, unless its core has ended or the client is closed. */
  callIfAlive<Result>(run: (lifecycle: Lifecycle) => Result): Result | undefined {
    return this.callIfSame(this.alive, run);
  }

  /** Calls the lifecycle if it still is `startedBy`: no other lifecycle knows the exchange that a leader makes. */
  callIfSame<Result>(
    startedBy: Lifecycle | undefined,
    run: (lifecycle: Lifecycle) => Result,
  ): Result | undefined {
    return startedBy === undefined || startedBy !== this.alive ? undefined : this.call(run);
  }

  /** Replaces a lifecycle whose core has ended. Call it before you read state that belongs to one lifecycle. */
  startOrReplace(): void {
    if (!this.#isClosed) {
      this.#running();
    }
  }

  /** Returns the lifecycle in the running core. Makes one if there is none. */
  #running(): Lifecycle {
    const instance = runningInstance();
    if (this.#started?.instance === instance) {
      return this.#started.lifecycle;
    }
    const isReplaced = this.#started !== undefined;
    const { timeoutMs, deadlineMs, refreshAhead, hasStore } = this.#policy;
    const lifecycle = call(() => new core.Lifecycle(timeoutMs, deadlineMs, refreshAhead, hasStore));
    this.#started = { instance, lifecycle };
    if (isReplaced) {
      this.#onReplaced();
    }
    return lifecycle;
  }

  /** The lifecycle, unless its core has ended or the client is closed. */
  get alive(): Lifecycle | undefined {
    return this.#started?.instance.isAlive ? this.#started.lifecycle : undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Frees the lifecycle. Without this call, wasm-bindgen frees it when it is garbage. */
  close(): void {
    const { alive } = this;
    this.#isClosed = true;
    this.#started = undefined;
    try {
      if (alive) {
        call(() => alive.free());
      }
    } catch {
      // Ignore a trap here: the next call gets a new core.
    }
  }
}
