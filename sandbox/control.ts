// Changes a running sandbox. A program in the same process calls these methods; others use control-endpoint.ts.
import type { Detail } from "./envelope.ts";
import { FAULT_KINDS, FAULT_TIMES, type Fault } from "./faults.ts";
import type { Entry } from "./ledger.ts";
import { PAYMENT_PATHS, TOKEN_PATHS } from "./paths.ts";
import type { Count } from "./request-counts.ts";
import type { SandboxState, Settings } from "./sandbox-state.ts";
import {
  invalidOrUnknownFields,
  isObject,
  oneOf,
  optional,
  type Rule,
  STRING,
  TRUE,
  whole,
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
}

export interface Counts {
  /** The sum of both paths of the exchange. */
  readonly exchanges: Count;
  /** By path, relative to the base path. A path without a request is absent. */
  readonly paths: Readonly<Record<string, Count>>;
}

export interface Status extends Settings {
  /** The faults that have not happened yet. `count` is how often each will happen. */
  readonly faults: readonly Fault[];
  readonly counts: Counts;
}

/** The changes are not valid, and none was made. */
export class InvalidChanges extends TypeError {
  readonly details: readonly Detail[];

  constructor(details: readonly Detail[]) {
    super(details.map(({ field, message }) => `${field ?? "changes"} ${message}`).join("; "));
    this.details = details;
  }
}

export class Control {
  readonly #state: SandboxState;

  constructor(state: SandboxState) {
    this.#state = state;
  }

  /** Makes all changes, or throws `InvalidChanges` and makes none. */
  apply(changes: Changes): void {
    const details = mistakesIn(changes);
    if (details.length > 0) {
      throw new InvalidChanges(details);
    }
    const { reset, revokeAll, clearFaults, failNext, ...settings } = changes;
    if (reset) {
      this.#state.reset();
    }
    this.#state.settings = { ...this.#state.settings, ...settings };
    if (revokeAll) {
      this.#state.tokens.revokeAll();
    }
    if (clearFaults) {
      this.#state.faults.clear();
    }
    if (failNext) {
      this.#state.faults.add(failNext);
    }
  }

  set(settings: Partial<Settings>): void {
    this.apply(settings);
  }

  revokeAll(): void {
    this.apply({ revokeAll: true });
  }

  failNext(fault: Fault): void {
    this.apply({ failNext: fault });
  }

  clearFaults(): void {
    this.apply({ clearFaults: true });
  }

  reset(): void {
    this.apply({ reset: true });
  }

  status(): Status {
    return {
      ...this.#state.settings,
      faults: this.#state.faults.pending(),
      counts: this.counts(),
    };
  }

  counts(): Counts {
    return { exchanges: this.#state.counts.exchanges(), paths: this.#state.counts.paths() };
  }

  ledger(): Entry[] {
    return this.#state.ledger.entries();
  }
}

const LATENCY = whole(0, 600_000);

const RULES = optionals({
  lifetimeS: whole(0, 10 * 365 * 86_400),
  latencyMs: LATENCY,
  // About thirty years, so that all times stay positive.
  shiftMs: whole(-1e12, 1e12),
  reset: TRUE,
  revokeAll: TRUE,
  clearFaults: TRUE,
  failNext: { what: "an object", holds: isObject },
});

const FAULT_RULES = optionals({
  count: whole(1, 1e9),
  // No request reaches a path that the service does not have.
  path: oneOf([...TOKEN_PATHS, ...PAYMENT_PATHS]),
  when: oneOf(FAULT_TIMES),
  kind: oneOf(FAULT_KINDS),
  status: whole(200, 599),
  headers: { what: "an object of header names and values", holds: areHeaders },
  body: STRING,
  latencyMs: LATENCY,
});

function optionals(rules: Record<string, Rule>): Record<string, Rule> {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, optional(rule)]));
}

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

function mistakesIn(changes: unknown): Detail[] {
  if (!isObject(changes)) {
    return [{ field: null, message: "must be an object" }];
  }
  const { failNext } = changes;
  const ofFault = isObject(failNext)
    ? [...invalidOrUnknownFields(failNext, FAULT_RULES), ...contradictions(failNext as Fault)]
    : [];
  return [
    ...invalidOrUnknownFields(changes, RULES),
    ...ofFault.map(({ field, message }) => ({ field: `failNext.${field}`, message })),
  ];
}

function contradictions({ kind, status, headers, body, latencyMs }: Fault): Detail[] {
  if (kind === undefined && status === undefined && latencyMs === undefined) {
    return [{ field: "kind", message: "must be there, or status or latencyMs" }];
  }
  if (kind !== undefined && status !== undefined) {
    return [{ field: "status", message: "does not go with a kind" }];
  }
  if (status === undefined && (headers !== undefined || body !== undefined)) {
    return [{ field: "status", message: "must be there for headers and body" }];
  }
  return [];
}
