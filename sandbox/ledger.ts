// What was paid, by the client's own reference.

/** What a vend asks for. */
export interface Payment {
  readonly reference: string;
  readonly service: string;
  readonly providerCode: string;
  readonly customerId: string;
  readonly amount: number;
}

/** The first payment with its reference, and how often that reference was sent in all. */
export interface Entry extends Payment {
  readonly state: "successful";
  readonly times: number;
}

export class Ledger {
  readonly #entries = new Map<string, Entry>();

  /** A second payment with the same reference is a duplicate: it counts, and changes nothing. */
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
