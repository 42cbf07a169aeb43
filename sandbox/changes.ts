// The changes that a program can make to a running sandbox, and their rules.
import type { Detail } from "./envelope.ts";
import { FAULT_KINDS, FAULT_STATES, FAULT_TIMES, type Fault, timeOf } from "./faults.ts";
import { PAYMENT_STATES, type PaymentState } from "./ledger.ts";
import { PAYMENT_PATHS, TOKEN_PATHS, VEND_PATH } from "./paths.ts";
import type { Settings } from "./sandbox-state.ts";
import {
  invalidOrUnknownFields,
  isObject,
  NON_EMPTY_STRING,
  oneOf,
  optional,
  type Rule,
  STRING,
  TRUE,
  wholeNumber,
} from "./validation.ts";

/** The changes that one call makes, in this order. */
export interface Changes extends Partial<Settings> {
  /** Restores the settings of the start, and clears faults, counts and payments. Tokens stay valid. */
  readonly reset?: true;
  /** Refuses every token that was issued so far. */
  readonly revokeAll?: true;
  /** Removes the faults that have not happened yet. */
  readonly clearFaults?: true;
  readonly failNext?: Fault;
  /** Changes the state of a payment that was made. */
  readonly setPayment?: { readonly reference: string; readonly state: PaymentState };
}

/** The changes are not valid, and none was made. */
export class InvalidChanges extends TypeError {
  readonly details: readonly Detail[];

  constructor(details: readonly Detail[]) {
    super(details.map(({ field, message }) => `${field ?? "changes"} ${message}`).join("; "));
    this.details = details;
  }
}

const LATENCY = wholeNumber(0, 600_000);

const OBJECT: Rule = { expected: "an object", accepts: isObject };

const CHANGE_RULES = allOptional({
  lifetimeS: wholeNumber(0, 10 * 365 * 86_400),
  latencyMs: LATENCY,
  // About thirty years, so that all times stay positive.
  shiftMs: wholeNumber(-1e12, 1e12),
  reset: TRUE,
  revokeAll: TRUE,
  clearFaults: TRUE,
  failNext: OBJECT,
  setPayment: OBJECT,
});

const PAYMENT_RULES = { reference: NON_EMPTY_STRING, state: oneOf(PAYMENT_STATES) };

const FAULT_RULES = allOptional({
  count: wholeNumber(1, 1e9),
  forMs: wholeNumber(1, 600_000),
  // A fault for any other path would never happen.
  path: oneOf([...TOKEN_PATHS, ...PAYMENT_PATHS]),
  when: oneOf(FAULT_TIMES),
  kind: oneOf(FAULT_KINDS),
  status: wholeNumber(200, 599),
  headers: { expected: "an object of header names and values", accepts: areHeaders },
  body: STRING,
  state: oneOf(FAULT_STATES),
  latencyMs: LATENCY,
});

function allOptional(rules: Record<string, Rule>): Record<string, Rule> {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, optional(rule)]));
}

/** Returns true for an object of valid header names and values. */
function areHeaders(value: unknown): boolean {
  if (!isObject(value) || Object.values(value).some((text) => typeof text !== "string")) {
    return false;
  }
  try {
    new Headers(value as Record<string, string>);
    return true;
  } catch {
    return false;
  }
}

/** Returns every mistake in the changes. */
export function mistakesIn(changes: unknown): Detail[] {
  if (!isObject(changes)) {
    return [{ field: null, message: "must be an object" }];
  }
  const { failNext, setPayment } = changes;
  const faultMistakes = isObject(failNext)
    ? [...invalidOrUnknownFields(failNext, FAULT_RULES), ...contradictions(failNext as Fault)]
    : [];
  const paymentMistakes = isObject(setPayment)
    ? invalidOrUnknownFields(setPayment, PAYMENT_RULES)
    : [];
  return [
    ...invalidOrUnknownFields(changes, CHANGE_RULES),
    ...within("failNext", faultMistakes),
    ...within("setPayment", paymentMistakes),
  ];
}

function within(change: string, mistakes: readonly Detail[]): Detail[] {
  return mistakes.map(({ field, message }) => ({ field: `${change}.${field}`, message }));
}

/** Returns the members of a fault that do not go together. */
function contradictions(fault: Fault): Detail[] {
  const { count, forMs, path, kind, status, headers, body, state, latencyMs } = fault;
  if (count !== undefined && forMs !== undefined) {
    return [{ field: "forMs", message: "does not go with a count" }];
  }
  if ([kind, status, state, latencyMs].every((member) => member === undefined)) {
    return [{ field: "kind", message: "must be there, or status, state or latencyMs" }];
  }
  if (kind !== undefined && status !== undefined) {
    return [{ field: "status", message: "does not go with a kind" }];
  }
  if (status === undefined && (headers !== undefined || body !== undefined)) {
    return [{ field: "status", message: "must be there for headers and body" }];
  }
  if (state !== undefined && path !== VEND_PATH) {
    return [{ field: "state", message: `goes with the path ${VEND_PATH} only` }];
  }
  const isAnswered = kind === undefined && status === undefined;
  if (state !== undefined && !isAnswered && timeOf(fault, path ?? "") === "before") {
    return [{ field: "state", message: 'goes with when "after" only: else there is no payment' }];
  }
  return [];
}
