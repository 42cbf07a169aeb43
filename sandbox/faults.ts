// Which of the next answers are to go wrong, and how.

/** How the connection ends: without an answer, before it, or in the middle of it. */
export const KINDS = ["hang", "reset", "break"] as const;
export const WHENS = ["before", "after"] as const;

/** What happens to the next answers. One of `kind`, `status` and `latencyMs` must be there. */
export interface Fault {
  /** To how many answers it happens; 1 by default. */
  readonly count?: number;
  /** The endpoint that it happens to, relative to the base path; all by default. */
  readonly path?: string;
  /**
   * Before the request is processed, or after, when only the answer is lost. By default after for a
   * vend, so that the payment is made, and before for all others.
   */
  readonly when?: (typeof WHENS)[number];
  readonly kind?: (typeof KINDS)[number];
  /** Answered instead of the service's own status, in an envelope unless `body` is there. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** How much longer the answer takes. */
  readonly latencyMs?: number;
}

export class FaultQueue {
  #faults: (Fault & { readonly count: number })[] = [];

  add(fault: Fault): void {
    this.#faults.push({ count: 1, ...fault });
  }

  /** The oldest fault for `path`, used once more. */
  take(path: string): Fault | undefined {
    const index = this.#faults.findIndex((fault) => (fault.path ?? path) === path);
    const fault = this.#faults[index];
    if (fault !== undefined) {
      const left = fault.count - 1;
      this.#faults.splice(index, 1, ...(left > 0 ? [{ ...fault, count: left }] : []));
    }
    return fault;
  }

  /** What is still to happen; `count` says how often. */
  pending(): readonly Fault[] {
    return this.#faults;
  }

  clear(): void {
    this.#faults = [];
  }
}
