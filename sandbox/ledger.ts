// The ledger of payments, by the client's reference.

export const PAYMENT_STATES = ["successful", "failed", "pending"] as const;
export type PaymentState = (typeof PAYMENT_STATES)[number];

/** The payment that a vend asks for. */
export interface Payment {
  readonly reference: string;
  readonly service: string;
  readonly providerCode: string;
  readonly customerId: string;
  readonly amount: number;
}

/** The first payment with a reference, and how often the reference was sent. */
export interface Entry extends Payment {
  readonly state: PaymentState;
  readonly times: number;
}

export class Ledger {
  readonly #entries = new Map<string, Entry>();

  /** Records a payment. Another one with the same reference is a duplicate: only `times` changes. */
  record(payment: Payment, state: PaymentState = "successful"): Entry {
    const { reference } = payment;
    const known = this.#entries.get(reference);
    const entry: Entry = known
      ? { ...known, times: known.times + 1 }
      : { ...payment, state, times: 1 };
    this.#entries.set(reference, entry);
    return entry;
  }

  find(reference: string): Entry | undefined {
    return this.#entries.get(reference);
  }

  /** Changes the state of a payment that is there. */
  setState(reference: string, state: PaymentState): void {
    const known = this.#entries.get(reference);
    if (known !== undefined) {
      this.#entries.set(reference, { ...known, state });
    }
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  clear(): void {
    this.#entries.clear();
  }
}
