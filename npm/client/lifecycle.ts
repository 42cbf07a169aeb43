// A client's lifecycle in the core.
import { call, runningInstance } from "../core/call.js";
import type { Instance } from "../core/host.js";
import { plainError } from "../errors.js";
import type { ClientPolicy, Lifecycle } from "../generated/core.js";
import * as core from "../generated/core.js";

export type { Lifecycle };

/** The part of a client's policy that its lifecycle goes by. */
export type LifecyclePolicy = Pick<
  ClientPolicy,
  "timeoutMs" | "deadlineMs" | "refreshAhead" | "hasStore"
>;

/** A lifecycle that outlives the core: when the core was replaced, another lifecycle takes its place. */
export class ClientLifecycle {
  readonly #policy: LifecyclePolicy;
  readonly #onReplaced: () => void;
  #made: { readonly instance: Instance; readonly lifecycle: Lifecycle } | undefined;
  #isClosed = false;

  /** Calls `onReplaced` when a new lifecycle, which knows nothing yet, has taken the place of the last one. */
  constructor(policy: LifecyclePolicy, onReplaced: () => void) {
    this.#policy = policy;
    this.#onReplaced = onReplaced;
  }

  /** Calls the lifecycle. */
  call<Answer>(run: (lifecycle: Lifecycle) => Answer): Answer {
    if (this.#isClosed) {
      throw plainError("P4P_CLOSED", "expected a client that is open, found a closed one");
    }
    const lifecycle = this.#current();
    return call(() => run(lifecycle));
  }

  /** Calls it unless its core has ended or the client is closed. */
  callIfAlive<Answer>(run: (lifecycle: Lifecycle) => Answer): Answer | undefined {
    return this.callIfSame(this.alive, run);
  }

  /** Calls it if it still is `known`: for a leader, whose exchange only that one knows of. */
  callIfSame<Answer>(
    known: Lifecycle | undefined,
    run: (lifecycle: Lifecycle) => Answer,
  ): Answer | undefined {
    return known === undefined || known !== this.alive ? undefined : this.call(run);
  }

  /** Replaces a lifecycle whose core has ended, before anything is looked up that depends on it. */
  ensure(): void {
    if (!this.#isClosed) {
      this.#current();
    }
  }

  /** The lifecycle in the running core. */
  #current(): Lifecycle {
    const instance = runningInstance();
    if (this.#made?.instance === instance) {
      return this.#made.lifecycle;
    }
    const isReplaced = this.#made !== undefined;
    const { timeoutMs, deadlineMs, refreshAhead, hasStore } = this.#policy;
    const lifecycle = call(() => new core.Lifecycle(timeoutMs, deadlineMs, refreshAhead, hasStore));
    this.#made = { instance, lifecycle };
    if (isReplaced) {
      this.#onReplaced();
    }
    return lifecycle;
  }

  /** The lifecycle, unless its core has ended or the client is closed. */
  get alive(): Lifecycle | undefined {
    return this.#made?.instance.isAlive ? this.#made.lifecycle : undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Frees the lifecycle. Without this, wasm-bindgen does when it is garbage. */
  close(): void {
    const { alive } = this;
    this.#isClosed = true;
    this.#made = undefined;
    try {
      if (alive) {
        call(() => alive.free());
      }
    } catch {
      // A trap here is of no concern to anybody: what comes after it gets another core.
    }
  }
}
