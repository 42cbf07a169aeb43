// The faults that a program asked for, for the next answers.
import type { PaymentState } from "./ledger.ts";
import { TOKEN_PATHS, VEND_PATH } from "./paths.ts";

/** How a connection fails: it hangs without an answer, is reset before the answer, or breaks in the middle of it. */
export const FAULT_KINDS = ["hang", "reset", "break"] as const;
export const FAULT_TIMES = ["before", "after"] as const;
export const FAULT_STATES = ["failed", "pending"] as const satisfies readonly PaymentState[];

/** The statuses that say that a payment was not made. README's `pay` has the same list. */
export const REFUSALS: readonly number[] = [400, 401, 402, 403, 404, 410, 415, 422, 423, 451];

/** A fault of the next answers. It needs one of `kind`, `status`, `state` and `latencyMs`. */
export interface Fault {
  /** How many answers have the fault; 1 by default. Does not go with `forMs`. */
  readonly count?: number;
  /** How long every answer has the fault, in milliseconds from now. */
  readonly forMs?: number;
  /** The endpoint with the fault, relative to the base path; all by default. Either path of the exchange means both. */
  readonly path?: string;
  /**
   * Whether the fault comes before the service carries the request out, or after. The default is `after` for a vend, so
   * that the payment is made and only the answer is lost. It is `before` for a refusal and for all other paths.
   */
  readonly when?: (typeof FAULT_TIMES)[number];
  readonly kind?: (typeof FAULT_KINDS)[number];
  /** Replaces the status of the answer. Without `body` the answer is an envelope. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What the ledger, the answer and the look-up say of the payment; for a vend only. */
  readonly state?: (typeof FAULT_STATES)[number];
  /** The additional delay of the answer, in milliseconds. */
  readonly latencyMs?: number;
}

/** Returns whether the fault comes before a request to `path` is carried out, or after. */
export function timeOf({ when, status }: Fault, path: string): (typeof FAULT_TIMES)[number] {
  const isRefusal = status !== undefined && REFUSALS.includes(status);
  return when ?? (path === VEND_PATH && !isRefusal ? "after" : "before");
}

/** A fault in the queue. It ends after `count` answers, or at `endsAtMs` of the monotonic clock. */
interface QueuedFault extends Fault {
  readonly count: number;
  readonly endsAtMs: number;
}

export class FaultQueue {
  #faults: QueuedFault[] = [];

  add({ count = 1, forMs, ...fault }: Fault): void {
    const end =
      forMs === undefined
        ? { count, endsAtMs: Number.POSITIVE_INFINITY }
        : { count: Number.POSITIVE_INFINITY, endsAtMs: performance.now() + forMs };
    this.#faults.push({ ...fault, ...end });
  }

  /** Returns the oldest fault for `path`, and counts one use of it. */
  take(path: string): Fault | undefined {
    this.#removeEnded();
    const fault = this.#faults.find((candidate) => isFor(candidate, path));
    if (fault !== undefined) {
      this.#faults = this.#faults.map((other) =>
        other === fault ? { ...fault, count: fault.count - 1 } : other,
      );
      this.#removeEnded();
    }
    return fault;
  }

  /** Returns the faults to come. `count` is how often each will happen, or `forMs` how much longer it lasts. */
  pending(): readonly Fault[] {
    this.#removeEnded();
    return this.#faults.map(({ count, endsAtMs, ...fault }) =>
      Number.isFinite(count)
        ? { ...fault, count }
        : { ...fault, forMs: Math.ceil(endsAtMs - performance.now()) },
    );
  }

  clear(): void {
    this.#faults = [];
  }

  #removeEnded(): void {
    const nowMs = performance.now();
    this.#faults = this.#faults.filter(({ count, endsAtMs }) => count > 0 && endsAtMs > nowMs);
  }
}

/** Both paths of the exchange are one endpoint: the caller may use either. */
function isFor({ path: named }: Fault, path: string): boolean {
  const paths: readonly string[] = TOKEN_PATHS;
  return named === undefined || named === path || (paths.includes(named) && paths.includes(path));
}
