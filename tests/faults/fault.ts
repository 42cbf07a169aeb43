// What a row of the table of faults says, and what its rows are made of.
import type { Engine } from "../portable/engine.ts";
import { accepted, type Script } from "../portable/harness.ts";
import { head, lengthOf, type WireStep } from "../portable/wire.ts";

/** What an exchange ends in: a token, or a code. `retried` says that the client tries again. */
export type Exchanged =
  | "a token"
  | `P4P_${string}`
  | `P4P_${string}, retried`
  /** The platform decides by chance. */
  | "P4P_NETWORK or P4P_TIMEOUT";

/**
 * What `client.fetch` gives its caller: an answer with this status and a body that can be read, that breaks or that
 * does not end; or the fetch rejects; or it waits for as long as the caller does. 0 is a status that a page may not see.
 */
export type Answered =
  | `${number}`
  | `${number}, body breaks`
  | `${number}, body waits`
  | "rejects"
  | "waits";

export interface Outcome {
  readonly exchange: Exchanged;
  readonly answer: Answered;
  /** How often the client sends a payment. */
  readonly sent: number;
  /** How often the runtime sends each request of the client. */
  readonly times: number;
}

/** A row of the table. */
export interface Fault {
  readonly name: string;
  readonly script: Script;
  readonly expected: Outcome;
  /** Where a runtime differs, and why. */
  readonly except: Exceptions;
  /** The answer is larger than what an exchange reads. */
  readonly isLarge: boolean;
}

/** What runtimes do instead, by their names. */
export type Exceptions = Readonly<Record<string, Partial<Outcome> & { readonly why: string }>>;

/** What a row needs besides its name and its script. */
export interface Expected {
  readonly exchange: Exchanged;
  /** By default the status of the script, with a whole body. */
  readonly answer?: Answered;
  /** By default 1. */
  readonly sent?: number;
  readonly except?: Exceptions;
  readonly isLarge?: true;
}

/** Rows on one subject. */
export interface Group {
  readonly title: string;
  readonly faults: readonly Fault[];
}

export function fault(name: string, script: Script, expected: Expected): Fault {
  const { exchange, answer = `${script.status ?? 200}`, sent = 1, except = {} } = expected;
  const { isLarge = false } = expected;
  return { name, script, expected: { exchange, answer, sent, times: 1 }, except, isLarge };
}

/** A fault that is written to the connection itself. */
export const raw = (name: string, wire: readonly WireStep[], expected: Expected): Fault =>
  fault(name, { wire }, expected);

/** Returns what a runtime makes of a fault. What is said of its version counts more. */
export function outcomeOn(
  { expected, except }: Fault,
  { family, version }: { readonly family: Engine; readonly version?: Engine },
): Outcome {
  return { ...expected, ...except[family], ...(version && except[version]) };
}

/** Returns what these runtimes do instead, and why. */
export const differs = (
  engines: readonly Engine[],
  instead: Partial<Outcome>,
  why: string,
): Exceptions => Object.fromEntries(engines.map((name) => [name, { ...instead, why }]));

/** The runtime takes the answer for a good one. */
export const AS_GOOD = { exchange: "a token", answer: "200" } as const;
/** The runtime takes what came before the fault for the whole body. */
export const AS_WHOLE = { exchange: "P4P_BAD_RESPONSE, retried", answer: "200" } as const;
/** The runtime refuses the answer. */
export const REFUSED = { exchange: "P4P_NETWORK, retried", answer: "rejects" } as const;
/** The runtime refuses the body. */
export const BODY_REFUSED = {
  exchange: "P4P_NETWORK, retried",
  answer: "200, body breaks",
} as const;

/** Runtimes whose undici takes a chunked body without its end for a whole one. */
export const CUTTING_UNDICI: readonly Engine[] = ["Node 20", "edge-runtime"];
/** Runtimes with an undici of version 6 or earlier. */
export const OLD_UNDICI: readonly Engine[] = ["Node 20", "Node 22", "edge-runtime"];
export const UNDICI: readonly Engine[] = ["Node", "edge-runtime"];

/** A token with every kind of character that one may have. No error, event or page may show it. */
export const TOKEN = "sandbox-token.0123456789_~+/==";
/** How the tokens of a client begin whose request meets a fault. The service may echo them. */
export const HELD_TOKEN = "sandbox-held-token.9876543210_~+/-";
/** A moment that no test reaches: 2100-01-01, in seconds. */
export const END_S = 4_102_444_800;
/** An answer that accepts. */
export const GOOD = accepted({ token: TOKEN, expiresAt: END_S, tokenType: "Bearer" });
/** A whole answer that accepts, as it is sent. */
export const GOOD_ANSWER = head("200 OK", lengthOf(GOOD)) + GOOD;

/** An answer that accepts, with these members in place of its own or beside them. */
export const envelope = (members: object): string =>
  JSON.stringify({ ...(JSON.parse(GOOD) as object), ...members });

/** An answer that accepts, with these members of `data` in place of its own or beside them. */
export const data = (members: object): string =>
  accepted({ token: TOKEN, expiresAt: END_S, tokenType: "Bearer", ...members });

/** An answer that accepts, but for one member of `data`, which is this JSON. */
export const dataWith = (name: string, json: string): string =>
  data({ [name]: "$VALUE" }).replace('"$VALUE"', () => json);

export const BAD: Expected = { exchange: "P4P_BAD_RESPONSE" };
export const BAD_RETRIED: Expected = { exchange: "P4P_BAD_RESPONSE, retried" };
export const GOOD_TOKEN: Expected = { exchange: "a token" };
export const REJECTED: Expected = { exchange: "P4P_CREDENTIALS_REJECTED" };
export const UNAVAILABLE: Expected = { exchange: "P4P_SERVICE_UNAVAILABLE, retried" };
export const LIMITED: Expected = { exchange: "P4P_RATE_LIMITED, retried" };
export const UNUSABLE: Expected = { exchange: "P4P_TOKEN_UNUSABLE" };
/** No answer, and the platform's fetch rejects. */
export const BROKEN: Expected = { exchange: "P4P_NETWORK, retried", answer: "rejects" };
/** The head arrives, and the body breaks. */
export const BODY_BROKEN: Expected = {
  exchange: "P4P_NETWORK, retried",
  answer: "200, body breaks",
};
/** No head. The deadline of the exchange ends it. */
export const SILENT: Expected = { exchange: "P4P_TIMEOUT", answer: "waits" };
/** A head, and no whole body. */
export const BODY_SILENT: Expected = { exchange: "P4P_TIMEOUT", answer: "200, body waits" };
