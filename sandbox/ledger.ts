// The ledger of payments, by the client's reference.

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
  readonly state: "successful";
  readonly times: number;
}

export class Ledger {
  readonly #entries = new Map<string, Entry>();

  /** Records a payment. Another one with the same reference is a duplicate: only `times` changes. */
  record(payment: Payment): Entry {
    const { reference } = payment;
    const known = this.#entries.get(reference);
    const entry: Entry = known
      ? { ...known, times: known.times + 1 }
      : { ...payment, state: "successful", times: 1 };
    this.#entries.set(reference, entry);
    return entry;
  }

  find(reference: string): Entry | undefined {
    return this.#entries.get(reference);
  }

  entries(): Entry[] {
    return [...this.#entries.values()];
  }

  clear(): void {
    this.#entries.clear();
  }
}
