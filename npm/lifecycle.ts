// A client's lifecycle in the core.
import { call } from "./core.js";
import { plainError } from "./errors.js";
import type { Lifecycle, LifecyclePolicy } from "./generated/core.js";
import { Resident } from "./resident.js";

export type { Lifecycle };

/** A lifecycle that outlives the core. */
export class ClientLifecycle {
  readonly #resident: Resident<Lifecycle>;
  #isClosed = false;

  /** `onAnew` is called when the lifecycle knows nothing of what was before. */
  constructor(policy: LifecyclePolicy, onAnew: () => void) {
    const { timeoutMs, deadlineMs, refreshAhead, hasStore } = policy;
    const own = { timeoutMs, deadlineMs, refreshAhead, hasStore };
    this.#resident = new Resident((core) => new core.Lifecycle(own), onAnew);
  }

  /** Tells the lifecycle of an event. */
  tell<Answer>(event: (lifecycle: Lifecycle) => Answer): Answer {
    if (this.#isClosed) {
      throw plainError("P4P_CLOSED", "expected a client that is open, found a closed one");
    }
    const lifecycle = this.#resident.value;
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
      this.#resident.value;
    }
  }

  /** By which a leader knows that it is still the same. */
  get present(): Lifecycle | undefined {
    return this.#resident.present;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  close(): void {
    this.#isClosed = true;
    this.#resident.close();
  }
}
