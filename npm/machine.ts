// A client's lifecycle in the core. It is made anew when the core had to be.
import { core, isRunning } from "./core.js";
import { type AuthError, type ErrorRecord, plainError } from "./errors.js";
import type { Glue } from "./glue.js";
import type { Policy } from "./options.js";

/** What a lifecycle is made with. */
export type Pace = Pick<
  Policy,
  "timeoutMs" | "retries" | "deadlineMs" | "refreshAhead" | "hasStore"
>;

// What it can be told, as `src/wasm/lifecycle.rs` describes it.
export const ASK = 0;
export const ATTEMPT = 1;
export const SUCCEEDED = 2;
export const FAILED = 3;
export const REFUSED = 4;
export const CONSULTS = 5;
export const RESTORED = 6;
export const MISSED = 7;
export const UNAUTHORIZED = 8;
export const REPLAYED = 9;
export const INVALIDATE = 10;
export const RESET = 11;
export const STEPPED_BACK = 12;

// What whoever asks for a token is to do.
export const HAND_OUT = 0;
export const WAIT = 1;
export const FAIL = 2;
/** A start is the number of the exchange to make, and why it is made. */
export type Ask =
  | readonly [
      what: typeof HAND_OUT,
      freshForMs: number,
      token: number,
      exchange?: number,
      reason?: number,
    ]
  | readonly [
      what: typeof WAIT,
      waitMs: number,
      askedAtMs: number,
      exchange?: number,
      reason?: number,
    ]
  | readonly [what: typeof FAIL, error: ErrorRecord, _?: undefined, _?: undefined, _?: undefined];

// What whoever leads an exchange is to do.
export const DONE = 0;
export const FAILURE = 1;
export const RETRY = 2;
export const EXCHANGE = 3;
export const SUPERSEDED = 4;
/** A token of 0 is none. */
export type Next =
  | readonly [what: typeof DONE, freshForMs: number, token: number, closed: number]
  | readonly [what: typeof FAILURE, opened: number]
  | readonly [what: typeof RETRY, waitMs: number]
  | readonly [what: typeof EXCHANGE | typeof SUPERSEDED];

/** Why exchanges are made, by the numbers that starts have. */
export const REASONS = ["absent", "expiry", "rejected", "failure", "abandoned"] as const;

/** What an event is answered with. */
interface Answers {
  readonly [ASK]: Ask;
  readonly [ATTEMPT]: number | undefined;
  readonly [SUCCEEDED]: Next;
  readonly [FAILED]: Next;
  readonly [REFUSED]: Next;
  readonly [CONSULTS]: number | undefined;
  readonly [RESTORED]: Next;
  readonly [MISSED]: Next;
  readonly [UNAUTHORIZED]: boolean;
  readonly [REPLAYED]: boolean;
  readonly [INVALIDATE]: undefined;
  readonly [RESET]: boolean;
  readonly [STEPPED_BACK]: undefined;
}
/** When it happens, what it is about, and what else there is to say. */
type Details = readonly [
  nowMs: number,
  subject?: number | undefined,
  first?: number,
  second?: number,
  error?: AuthError,
];

/** A client's number in one instance of the core. */
export interface Lifecycle {
  readonly glue: Glue;
  readonly client: number;
}

function forget({ glue, client }: Lifecycle): void {
  try {
    if (isRunning(glue)) {
      glue.close(client);
    }
  } catch {
    // A trap here is of no concern to anybody: what comes after it gets another core.
  }
}

/** For clients that nobody has closed. Older Workers have no such thing. */
const abandoned =
  typeof FinalizationRegistry === "undefined" ? undefined : new FinalizationRegistry(forget);

export class Machine {
  readonly #policy: Pace;
  readonly #onAnew: () => void;
  #lifecycle: Lifecycle | undefined;
  isClosed = false;

  /** `onAnew` is told when the lifecycle knows nothing of what was before. */
  constructor(policy: Pace, onAnew: () => void) {
    this.#policy = policy;
    this.#onAnew = onAnew;
  }

  /** Tells the lifecycle of an event. */
  tell<Event extends keyof Answers>(event: Event, ...details: Details): Answers[Event] {
    if (this.isClosed) {
      throw plainError("P4P_CLOSED", "expected a client that is open, found a closed one");
    }
    const { glue, client } = this.#current();
    return glue.tell(client, event, ...details) as Answers[Event];
  }

  /** The same for a leader, whose exchange the lifecycle of another core does not know. */
  tellIf<Event extends keyof Answers>(
    known: Lifecycle | undefined,
    event: Event,
    ...details: Details
  ): Answers[Event] | undefined {
    return this.isClosed || known !== this.lifecycle ? undefined : this.tell(event, ...details);
  }

  /** Has `onAnew` called before anything is looked up that depends on it. */
  prepare(): void {
    if (!this.isClosed) {
      this.#current();
    }
  }

  /** By which a leader knows that it is still the same. */
  get lifecycle(): Lifecycle | undefined {
    return this.isClosed || !isRunning(this.#lifecycle?.glue) ? undefined : this.#lifecycle;
  }

  close(): void {
    if (this.#lifecycle && !this.isClosed) {
      abandoned?.unregister(this);
      forget(this.#lifecycle);
    }
    this.isClosed = true;
    this.#lifecycle = undefined;
  }

  #current(): Lifecycle {
    const glue = core();
    if (this.#lifecycle?.glue !== glue) {
      const { timeoutMs, retries, deadlineMs, refreshAhead, hasStore } = this.#policy;
      const isAnew = this.#lifecycle !== undefined;
      const client = glue.open(timeoutMs, retries, deadlineMs, refreshAhead, hasStore);
      this.#lifecycle = { glue, client };
      abandoned?.unregister(this); // which would keep the core that has trapped
      abandoned?.register(this, this.#lifecycle, this);
      if (isAnew) {
        this.#onAnew();
      }
    }
    return this.#lifecycle as Lifecycle;
  }
}
