import { describe, invalidOption } from "./arguments.js";
import { call } from "./core/call.js";
import { plainError } from "./errors.js";
import type { TokenRecord } from "./generated/core.js";
import * as core from "./generated/core.js";
import { snapshot } from "./options.js";
import type { TokenClaims } from "./types/index.js";

export type { TokenRecord };

/** All of a token, for the package's own use. */
export let recordOf: (token: TokenSecrets) => TokenRecord;

/** What no inspector may show. */
class TokenSecrets {
  // Private: the only kind of field that every inspector, clone and serialiser leaves alone.
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

// Node's `showHidden` reads getters up to three prototypes deep. These put the secret ones one level further.
class Spacer1 extends TokenSecrets {}
class Spacer2 extends Spacer1 {}

export class Token extends Spacer2 {
  // The build shortens names, and inspectors show this one.
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
    const given = snapshot(options, ["leewayMs", "nowMs"]);
    const { leewayMs = 0, nowMs = Date.now() } = given;
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

  /** What `console.log` shows on Node, Deno and Bun. */
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

function milliseconds(name: string, given: unknown): number {
  if (typeof given !== "number" || !Number.isFinite(given)) {
    const found = typeof given === "number" ? String(given) : describe(given);
    throw invalidOption(name, "a finite number of milliseconds", found);
  }
  return given;
}

/** Many callers share one token: none may change what it says. No recursion: claims may nest deeper than a stack. */
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
