// Controls a running sandbox. A program in the same process calls these methods; others use control-endpoint.ts.
import { type Changes, InvalidChanges, mistakesIn } from "./changes.ts";
import type { Detail } from "./envelope.ts";
import type { Fault } from "./faults.ts";
import type { Entry, PaymentState } from "./ledger.ts";
import type { Count } from "./request-counts.ts";
import type { SandboxState, Settings } from "./sandbox-state.ts";

export interface Counts {
  /** The sum of both paths of the exchange. */
  readonly exchanges: Count;
  /** By path, relative to the base path. A path without a request is absent. */
  readonly paths: Readonly<Record<string, Count>>;
}

export interface Status extends Settings {
  /** The faults that have not happened yet. `count` is how often each will happen. */
  readonly faults: readonly Fault[];
  readonly counts: Counts;
}

export class Control {
  readonly #state: SandboxState;

  constructor(state: SandboxState) {
    this.#state = state;
  }

  /** Makes all changes, or throws `InvalidChanges` and makes none. */
  apply(changes: Changes): void {
    const details = mistakesIn(changes);
    if (details.length === 0) {
      details.push(...this.#unknownPayment(changes));
    }
    if (details.length > 0) {
      throw new InvalidChanges(details);
    }
    const { reset, revokeAll, clearFaults, failNext, setPayment, ...settings } = changes;
    if (reset) {
      this.#state.reset();
    }
    this.#state.settings = { ...this.#state.settings, ...settings };
    if (revokeAll) {
      this.#state.tokens.revokeAll();
    }
    if (clearFaults) {
      this.#state.faults.clear();
    }
    if (failNext) {
      this.#state.faults.add(failNext);
    }
    if (setPayment) {
      this.#state.ledger.setState(setPayment.reference, setPayment.state);
    }
  }

  /** A reset comes first, and leaves no payment. */
  #unknownPayment({ reset, setPayment }: Changes): Detail[] {
    const isKnown =
      setPayment === undefined ||
      (!reset && this.#state.ledger.find(setPayment.reference) !== undefined);
    return isKnown ? [] : [{ field: "setPayment.reference", message: "has no payment" }];
  }

  set(settings: Partial<Settings>): void {
    this.apply(settings);
  }

  revokeAll(): void {
    this.apply({ revokeAll: true });
  }

  setPayment(reference: string, state: PaymentState): void {
    this.apply({ setPayment: { reference, state } });
  }

  failNext(fault: Fault): void {
    this.apply({ failNext: fault });
  }

  clearFaults(): void {
    this.apply({ clearFaults: true });
  }

  reset(): void {
    this.apply({ reset: true });
  }

  status(): Status {
    return {
      ...this.#state.settings,
      faults: this.#state.faults.pending(),
      counts: this.counts(),
    };
  }

  counts(): Counts {
    return { exchanges: this.#state.counts.exchanges(), paths: this.#state.counts.paths() };
  }

  ledger(): Entry[] {
    return this.#state.ledger.entries();
  }
}
