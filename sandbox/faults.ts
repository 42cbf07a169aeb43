// The faults that a program asked for, for the next answers.

/** How a connection fails: it hangs without an answer, is reset before the answer, or breaks in the middle of it. */
export const FAULT_KINDS = ["hang", "reset", "break"] as const;
export const FAULT_TIMES = ["before", "after"] as const;

/** A fault of the next answers. It needs one of `kind`, `status` and `latencyMs`. */
export interface Fault {
  /** How many answers have the fault; 1 by default. */
  readonly count?: number;
  /** The endpoint with the fault, relative to the base path; all by default. */
  readonly path?: string;
  /**
   * Whether the fault comes before the service carries the request out, or after. The default is `after` for a vend, so
   * that the payment is made and only the answer is lost, and `before` for all other paths.
   */
  readonly when?: (typeof FAULT_TIMES)[number];
  readonly kind?: (typeof FAULT_KINDS)[number];
  /** Replaces the status of the answer. Without `body` the answer is an envelope. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The additional delay of the answer, in milliseconds. */
  readonly latencyMs?: number;
}

export class FaultQueue {
  #faults: (Fault & { readonly count: number })[] = [];

  add(fault: Fault): void {
    this.#faults.push({ count: 1, ...fault });
  }

  /** Returns the oldest fault for `path`, and counts one use of it. */
  take(path: string): Fault | undefined {
    const index = this.#faults.findIndex((fault) => (fault.path ?? path) === path);
    const fault = this.#faults[index];
    if (fault !== undefined) {
      const left = fault.count - 1;
      this.#faults.splice(index, 1, ...(left > 0 ? [{ ...fault, count: left }] : []));
    }
    return fault;
  }

  /** Returns the faults that have not happened yet. `count` is how often each will happen. */
  pending(): readonly Fault[] {
    return this.#faults;
  }

  clear(): void {
    this.#faults = [];
  }
}
