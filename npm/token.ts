import { core } from "./core.js";
import { AuthError, type ErrorRecord } from "./errors.js";
import { describe, invalidOption } from "./given.js";
import type { TokenClaims } from "./public.js";

/** A token as it comes from the core. */
export interface TokenRecord {
  readonly value: string;
  readonly expiresAtMs: number;
  /** When it ends on the service's clock. */
  readonly statedEndMs: number;
  readonly lifetimeMs: number;
  readonly issuedAtMs: number | null;
  readonly claims: TokenClaims | null;
  readonly correlationId: string | null;
}

/** All of a token, for the package's own use. */
export let recordOf: (token: Token) => TokenRecord;

export class Token {
  // The build shortens names, and inspectors show this one.
  static readonly name = "Token";
  // Private: the only kind of field that every inspector, clone and serialiser leaves alone.
  readonly #record: TokenRecord;

  static {
    recordOf = (token) => token.#record;
  }

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
    const leewayMs = milliseconds(
      "leewayMs",
      options.leewayMs === undefined ? 0 : options.leewayMs,
    );
    if (leewayMs < 0) {
      throw invalidOption("leewayMs", "a number of milliseconds, 0 or more", String(leewayMs));
    }
    return this.expiresInMs(options.nowMs) <= leewayMs;
  }

  expiresInMs(nowMs: number = Date.now()): number {
    return this.expiresAtMs - milliseconds("nowMs", nowMs);
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
  const result = core().decodeClaims(token) as
    | { readonly claims: TokenClaims }
    | { readonly error: ErrorRecord };
  if ("error" in result) {
    throw new AuthError(result.error);
  }
  return result.claims;
}

function milliseconds(name: string, given: unknown): number {
  if (typeof given !== "number" || !Number.isFinite(given)) {
    const found = typeof given === "number" ? String(given) : describe(given);
    throw invalidOption(name, "a finite number of milliseconds", found);
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
