// The calls of a soak run, and what a subject reports of each. The orchestrator and both subjects import it.

/** What the service does to a request of a call. */
export const REQUEST_FAULTS = [
  "reset",
  "500",
  "503",
  "429",
  "slow",
  "silent",
  "cut",
  "html",
  "revoked",
] as const;
export type RequestFault = (typeof REQUEST_FAULTS)[number];

/** What the service does to an attempt of an exchange. */
export const EXCHANGE_FAULTS = ["reset", "500", "503", "429", "slow", "cut", "html"] as const;
export type ExchangeFault = (typeof EXCHANGE_FAULTS)[number];

/** How many clients a subject has. Each has tokens of another lifetime. */
export const CLIENTS = 4;

/** The options of every client. */
export const TIMEOUT_MS = 1_000;
export const DEADLINE_MS = 4_000;
export const REQUEST_TIMEOUT_MS = 2_500;

/**
 * How long a busy machine may take between the hand-out of a token and the look at it: a burst begins many calls in one
 * turn. The dead point of a token of 3 s leaves only 60 ms.
 */
export const TURN_MS = 500;

/** How much later than its limit a call may settle on a busy machine. */
export const GRACE_MS = 5_000;

/**
 * The kind of a call. `leave`: the call drops the token, begins an exchange, and its Worker's request returns at once.
 */
export type Kind = "get" | "post" | "token" | "leave";

export interface Call {
  readonly id: number;
  readonly kind: Kind;
  /** The index of the client, below `CLIENTS`. */
  readonly client: number;
  readonly fault?: RequestFault;
  /** The caller cancels the call after this time. */
  readonly cancelMs?: number;
}

/** How a call ended. */
export type End =
  | { readonly type: "answer"; readonly status: number; readonly echo: string }
  | { readonly type: "broken body"; readonly status: number }
  | { readonly type: "token"; readonly jti: string; readonly leftMs: number }
  | { readonly type: "auth error"; readonly code: string }
  | { readonly type: "time-out" }
  | { readonly type: "cancelled" }
  | { readonly type: "rejected"; readonly text: string };

export interface Outcome {
  readonly id: number;
  readonly end: End;
  /** When the call settled, in epoch milliseconds of the machine. */
  readonly atMs: number;
  readonly tookMs: number;
  /** True if the client has said, by an event or its state, why it made no replay after a 401. */
  readonly isReplayExcused: boolean;
}

/** The limit of a call, without the grace. */
export function limitMs({ kind }: Call): number {
  return kind === "token" ? DEADLINE_MS : REQUEST_TIMEOUT_MS;
}

/** Returns the query by which a request tells the service which call it belongs to. */
export function queryOf({ id, fault }: Call): string {
  return `call=${id}&fault=${fault ?? "none"}`;
}

/** Returns the body of a POST. */
export function paymentOf(id: number): string {
  return JSON.stringify({ reference: `soak-${id}`, amount: 100 + (id % 900) });
}

/** Returns the text that the service's answer to a call holds. */
export function echoOf(id: number): string {
  return `answer to ${id}`;
}
