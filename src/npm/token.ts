import { core } from "./core.js";
import { AuthError, type ErrorRecord } from "./errors.js";
import { describe, invalidOption } from "./options.js";
import type { TokenClaims } from "./public.js";

/** A token as it comes from the core. */
export interface TokenRecord {
  readonly value: string;
  readonly expiresAtMs: number;
  readonly lifetimeMs: number;
  readonly issuedAtMs: number | null;
  readonly claims: TokenClaims | null;
  readonly correlationId: string | null;
}

/** A result as it comes from the core: one of the two. */
type Result<Value> = Value | { readonly error: ErrorRecord };

export class Token {
  // Private: the only kind of field that every inspector, clone and serialiser leaves alone.
  readonly #record: TokenRecord;

  constructor(record: TokenRecord) {
    this.#record = { ...record, claims: freeze(record.claims) };
  }

  get value(): string {
    return this.#record.value;
  }

  get tokenType(): "Bearer" {
    return "Bearer";
  }

  get authorization(): string {
    return `Bearer ${this.#record.value}`;
  }

  get expiresAt(): Date {
    return new Date(this.#record.expiresAtMs);
  }

  get expiresAtMs(): number {
    return this.#record.expiresAtMs;
  }

  get issuedAtMs(): number | null {
    return this.#record.issuedAtMs;
  }

  get claims(): TokenClaims | null {
    return this.#record.claims;
  }

  get correlationId(): string | null {
    return this.#record.correlationId;
  }

  isExpired(options: { nowMs?: number | undefined; leewayMs?: number | undefined } = {}): boolean {
    if (typeof options !== "object" || options === null) {
      throw invalidOption("options", "an object", describe(options));
    }
    const nowMs = number("nowMs", options.nowMs, Date.now);
    const leewayMs = number("leewayMs", options.leewayMs, () => 0);
    const result = core().isExpired(this.expiresAtMs, nowMs, leewayMs);
    return unwrap(result as Result<{ readonly expired: boolean }>).expired;
  }

  expiresInMs(nowMs?: number): number {
    const now = number("nowMs", nowMs, Date.now);
    const result = core().expiresInMs(this.expiresAtMs, now);
    return unwrap(result as Result<{ readonly ms: number }>).ms;
  }

  toJSON(): ReturnType<import("./public.js").Token["toJSON"]> {
    return {
      tokenType: this.tokenType,
      value: "[redacted]",
      expiresAt: this.expiresAt.toISOString(),
      issuedAtMs: this.issuedAtMs,
      correlationId: this.correlationId,
    };
  }

  /** What `console.log` shows on Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return { ...this.toJSON() };
  }
}

export function decodeClaims(token: string): TokenClaims {
  const result = core().decodeClaims(token) as Result<{ readonly claims: TokenClaims }>;
  return unwrap(result).claims;
}

function unwrap<Value extends object>(result: Result<Value>): Value {
  if ("error" in result) {
    throw new AuthError(result.error);
  }
  return result;
}

function number(name: string, given: unknown, otherwise: () => number): number {
  if (given === undefined) {
    return otherwise();
  }
  if (typeof given !== "number") {
    throw invalidOption(name, "a number of milliseconds", describe(given));
  }
  return given;
}

/** Many callers share one token: none may change what it says. */
function freeze<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    Object.values(value).forEach(freeze);
    Object.freeze(value);
  }
  return value;
}
