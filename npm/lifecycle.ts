// A client's lifecycle in the core.
import { call, runningInstance } from "./core.js";
import { plainError } from "./errors.js";
import type { ClientPolicy, Lifecycle } from "./generated/core.js";
import type { Instance } from "./host.js";

export type { Lifecycle };

/** The part of a client's policy that its lifecycle goes by. */
export type LifecyclePolicy = Pick<
  ClientPolicy,
  "timeoutMs" | "deadlineMs" | "refreshAhead" | "hasStore"
>;

/** A lifecycle that outlives the core: when the core was replaced, another lifecycle takes its place. */
export class ClientLifecycle {
  readonly #policy: LifecyclePolicy;
  readonly #onAnew: () => void;
  #made: { readonly instance: Instance; readonly lifecycle: Lifecycle } | undefined;
  #isClosed = false;

  /** `onAnew` is called when another lifecycle has taken the place: it knows nothing of what was before. */
  constructor(policy: LifecyclePolicy, onAnew: () => void) {
    this.#policy = policy;
    this.#onAnew = onAnew;
  }

  /** Tells the lifecycle of an event. */
  tell<Answer>(event: (lifecycle: Lifecycle) => Answer): Answer {
    if (this.#isClosed) {
      throw plainError("P4P_CLOSED", "expected a client that is open, found a closed one");
    }
    const lifecycle = this.#current();
    return call(() => event(lifecycle));
  }

  /** The same for a leader, whose exchange only `known` knows of; nothing when that is gone. */
  tellIf<Answer>(
    known: Lifecycle | undefined,
    event: (lifecycle: Lifecycle) => Answer,
  ): Answer | undefined {
    return known === undefined || known !== this.present ? undefined : this.tell(event);
  }

  /** Has `onAnew` called before anything is looked up that depends on it. */
  prepare(): void {
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
    const isAnew = this.#made !== undefined;
    const { timeoutMs, deadlineMs, refreshAhead, hasStore } = this.#policy;
    const lifecycle = call(
      (core) => new core.Lifecycle(timeoutMs, deadlineMs, refreshAhead, hasStore),
    );
    this.#made = { instance, lifecycle };
    if (isAnew) {
      this.#onAnew();
    }
    return lifecycle;
  }

  /** By which a leader knows that it is still the same; nothing when its core has ended. */
  get present(): Lifecycle | undefined {
    return this.#made?.instance.isAlive ? this.#made.lifecycle : undefined;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Frees the lifecycle. Without this, wasm-bindgen does when it is garbage. */
  close(): void {
    const { present } = this;
    this.#isClosed = true;
    this.#made = undefined;
    try {
      if (present) {
        call(() => present.free());
      }
    } catch {
      // A trap here is of no concern to anybody: what comes after it gets another core.
    }
  }
}
