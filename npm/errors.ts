import type { ErrorRecord } from "./generated/core.js";
import type { AuthErrorCode, AuthError as PublicAuthError } from "./types/index.js";

export type { ErrorRecord };

type AuthErrorJson = ReturnType<PublicAuthError["toJSON"]>;

const BRAND = Symbol.for("pay4power-auth/AuthError");

export class AuthError extends Error {
  static override readonly name = "AuthError";
  declare readonly name: "AuthError";
  readonly code: AuthErrorCode;
  readonly retryable: boolean;
  readonly status: number | null;
  readonly statusCode: number | null;
  readonly correlationId: string | null;
  readonly retryAfterMs: number | null;
  readonly errors: readonly unknown[];

  /** `failsForMs` is how much longer calls go on failing with it, for one that is remembered. */
  constructor(record: ErrorRecord, cause?: unknown, failsForMs: number | null = null) {
    super(record.message, cause === undefined ? undefined : { cause });
    this.code = record.code as AuthErrorCode;
    this.retryable = record.retryable;
    this.status = record.status;
    this.statusCode = record.statusCode;
    this.correlationId = record.correlationId;
    this.retryAfterMs = failsForMs ?? record.retryAfterMs;
    this.errors = Object.freeze(record.errors);
  }

  toJSON(): AuthErrorJson {
    const { name, code, message } = this;
    const cause = summaryOf(this.cause);
    return Object.assign({ name, code, message }, this, cause && { cause });
  }
}
Object.defineProperty(AuthError.prototype, "name", {
  value: "AuthError",
  configurable: true,
  writable: true,
});
Object.defineProperty(AuthError.prototype, BRAND, { value: true });

export function isAuthError(value: unknown): value is AuthError {
  try {
    return (
      typeof value === "object" &&
      value !== null &&
      (value as Record<symbol, unknown>)[BRAND] === true
    );
  } catch {
    return false; // a proxy that throws
  }
}

/**
 * Whether this is a framework's control flow, with which `fetch` rejects to end the render that called it.
 * It is no failure. Next.js gives it a string `digest`. The core has the same rule.
 */
export function isControlFlow(thrown: unknown): boolean {
  try {
    const { digest } = thrown as { readonly digest?: unknown };
    return typeof digest === "string" && !isAuthError(thrown);
  } catch {
    return false; // nothing to read it from, or a getter that throws
  }
}

/** What may be told of an error whose text can hold a secret that nobody here knows. */
export function nameAndCode(thrown: unknown): Error | undefined {
  const summary = summaryOf(thrown);
  return summary && Object.assign(new Error(), summary);
}

/** The name of a cause, and its code or that of its own cause: undici says there why a connection failed. */
function summaryOf(cause: unknown): AuthErrorJson["cause"] {
  const name = plain(memberOf(cause, "name"));
  const code = plain(memberOf(cause, "code")) ?? plain(memberOf(memberOf(cause, "cause"), "code"));
  const summary = { ...(name !== undefined && { name }), ...(code !== undefined && { code }) };
  return name === undefined && code === undefined ? undefined : summary;
}

function memberOf(value: unknown, name: string): unknown {
  try {
    return (value as Record<string, unknown> | null | undefined)?.[name];
  } catch {
    return undefined; // a getter or a proxy that throws
  }
}

function plain(value: unknown): string | number | undefined {
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

/** Whether this is what the core throws: a plain record, where everything else is an Error or anything. */
export function isErrorRecord(thrown: unknown): thrown is ErrorRecord {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    !(thrown instanceof Error) &&
    typeof (thrown as { readonly code?: unknown }).code === "string"
  );
}

/** The error for what nobody foresaw. `cause` is left out when it could carry a secret. */
export function internalError(cause: unknown, secrets: readonly string[]): AuthError {
  if (isAuthError(cause)) {
    return cause;
  }
  const message = "the library failed where it should not; please report this";
  return plainError("P4P_INTERNAL", message, safeCause(cause, secrets));
}

/** An error that came from no answer, and not from the core. */
export function plainError(
  code: AuthErrorCode,
  message: string,
  cause?: unknown,
  retryable = false,
): AuthError {
  const none = { status: null, statusCode: null, correlationId: null, retryAfterMs: null };
  return new AuthError({ code, message, retryable, ...none, errors: [] }, cause);
}

/** What may be told of a cause: the cause itself, or its name and its code only, or nothing. */
export const safeCause = (cause: unknown, secrets: readonly string[]): unknown =>
  [cause, nameAndCode(cause)].find((told) => isHarmless(told, secrets, MAX_CAUSES));

/** How many errors may be each the cause of the one before. */
const MAX_CAUSES = 8;

/** The language's own classes of errors. Any other class can have an inspector or a `toJSON` show what it likes. */
const ERRORS = [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map(
  (known): unknown => known.prototype,
);

/**
 * Whether no part of `value`, which is text, a number, or an error with such members and with causes like it, holds
 * one of `secrets`.
 */
function isHarmless(value: unknown, secrets: readonly string[], depth: number): boolean {
  if (typeof value === "function" || typeof value === "symbol") {
    return false;
  }
  if (typeof value !== "object" || value === null) {
    return !holdsSecret(String(value), secrets);
  }
  try {
    return (
      depth > 0 &&
      ERRORS.includes(Object.getPrototypeOf(value)) &&
      isError(value) &&
      Reflect.ownKeys(value).every((key) => {
        const member = Object.getOwnPropertyDescriptor(value, key);
        // A getter may say something else each time, but for the engine's own one of `stack`.
        const isSteady = member?.get === undefined || member.get === stackOf(new Error())?.get;
        const told = (value as Record<PropertyKey, unknown>)[key];
        return (
          isSteady && isHarmless(String(key), secrets, 0) && isHarmless(told, secrets, depth - 1)
        );
      })
    );
  } catch {
    return false; // what can't be read can't be cleared
  }
}

/** Whether `text` holds one of `secrets`, as it is or as JSON escapes it. */
export function holdsSecret(text: string, secrets: readonly string[]): boolean {
  const plain = unescaped(text);
  return secrets.some((secret) => text.includes(secret) || plain.includes(unescaped(secret)));
}

/** Whether it is an error, and no proxy of one: an inspector looks behind a proxy. Node has `isError` from 24 on. */
function isError(value: object): boolean {
  const { isError } = Error as { isError?: (value: object) => boolean };
  // Of a proxy there is no clone: this throws.
  return isError ? isError(value) : structuredClone(value) instanceof Error;
}

/** Returns text without the escapes of JSON, of whichever kind and however many layers. */
function unescaped(text: string): string {
  let plain = text;
  for (let times = 0; times < 8; times++) {
    plain = plain.replace(/\\+u([\da-f]{4})/gi, (_, unit) =>
      String.fromCharCode(Number.parseInt(unit, 16)),
    );
  }
  return plain.replaceAll("\\", "");
}

const stackOf = (error: Error) => Object.getOwnPropertyDescriptor(error, "stack");
