// The token that callers get.
import { describe, invalidOption } from "./arguments.js";
import { call } from "./core/call.js";
import { plainError } from "./errors.js";
import type { TokenRecord } from "./generated/core.js";
import * as core from "./generated/core.js";
import { ownOptionsOf } from "./options.js";
import type { TokenClaims } from "./types/index.js";

export type { TokenRecord };

/** Returns the record of a token, with its secrets. For the package's own use. */
export let recordOf: (token: TokenSecrets) => TokenRecord;

/** The members of a token that no inspector may show. */
class TokenSecrets {
  // A private field: no inspector, clone or serialiser reads this kind of field.
  readonly #record: TokenRecord;

  static {
    recordOf = (token) => token.#record;
  }

  constructor(record: TokenRecord) {
    freeze(record.claims);
    this.#record = record;
  }

  get value(): string {
    return this.#record.value;
  }

  get authorization(): string {
    return `Bearer ${this.#record.value}`;
  }
}

// Node's `showHidden` reads getters up to three prototypes deep. These classes put the secret getters one level deeper.
class Spacer1 extends TokenSecrets {}
class Spacer2 extends Spacer1 {}

export class Token extends Spacer2 {
  // The build shortens the names of classes, but inspectors show this one.
  static override readonly name = "Token";

  get tokenType(): "Bearer" {
    return "Bearer";
  }

  get expiresAt(): Date {
    return new Date(this.expiresAtMs);
  }

  get expiresAtMs(): number {
    return recordOf(this).expiresAtMs;
  }

  get issuedAtMs(): number | null {
    return recordOf(this).issuedAtMs;
  }

  get claims(): TokenClaims | null {
    return recordOf(this).claims as TokenClaims | null;
  }

  get correlationId(): string | null {
    return recordOf(this).correlationId;
  }

  isExpired(options: { nowMs?: number | undefined; leewayMs?: number | undefined } = {}): boolean {
    const { leewayMs = 0, nowMs = Date.now() } = ownOptionsOf(options, ["leewayMs", "nowMs"]);
    const leeway = milliseconds("leewayMs", leewayMs);
    if (leeway < 0) {
      throw invalidOption("leewayMs", "a number of milliseconds, 0 or more", String(leeway));
    }
    const now = milliseconds("nowMs", nowMs);
    return call(() => core.isExpired(this.expiresAtMs, now, leeway));
  }

  expiresInMs(nowMs: number = Date.now()): number {
    milliseconds("nowMs", nowMs);
    return call(() => core.expiresInMs(this.expiresAtMs, nowMs));
  }

  toJSON(): ReturnType<import("./types/index.js").Token["toJSON"]> {
    return {
      tokenType: this.tokenType,
      value: "[redacted]",
      expiresAt: this.expiresAt.toISOString(),
      issuedAtMs: this.issuedAtMs,
      correlationId: this.correlationId,
    };
  }

  override toString(): string {
    return `Token [redacted], expires ${this.expiresAt.toISOString()}`;
  }

  /** Returns the object that `console.log` shows on Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return { ...this.toJSON() };
  }
}

export function decodeClaims(token: string): TokenClaims {
  if (typeof token !== "string") {
    throw plainError("P4P_BAD_TOKEN", `expected the text of a JWT, found ${describe(token)}`);
  }
  return freeze(call(() => core.decodeClaims(token))) as TokenClaims;
}

function milliseconds(name: string, value: unknown): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    const found = typeof value === "number" ? String(value) : describe(value);
    throw invalidOption(name, "a finite number of milliseconds", found);
  }
  return value;
}

/** Freezes a value deeply: many callers share a token. A loop, because claims may nest deeper than the stack allows. */
function freeze<Value>(value: Value): Value {
  const rest: unknown[] = [value];
  for (const next of rest) {
    if (typeof next === "object" && next !== null) {
      Object.freeze(next);
      for (const member of Object.values(next)) {
        if (typeof member === "object") {
          rest.push(member);
        }
      }
    }
  }
  return value;
}
