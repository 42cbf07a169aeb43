// The package's error, and the rules that keep secrets out of it.
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

  /** `failsForMs` is how many milliseconds longer calls fail with this error, if the lifecycle remembers it. */
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
    return (Object(value) as Record<symbol, unknown>)[BRAND] === true;
  } catch {
    return false; // a proxy that throws
  }
}

/**
 * Returns true if this is a framework's control flow: `fetch` rejects with it to end the render that called `fetch`. It
 * is not a failure. Next.js throws an object with an own member `digest`, a string. The core has the same rule.
 */
export function isControlFlow(thrown: unknown): boolean {
  try {
    const { digest } = thrown as { readonly digest?: unknown };
    const isOwn = typeof thrown === "object" && Object.hasOwn(thrown as object, "digest");
    return isOwn && typeof digest === "string" && !isAuthError(thrown);
  } catch {
    return false; // `undefined`, `null`, or a getter that throws
  }
}

/** Returns an error with only the name and the code of `thrown`, whose text may hold a secret unknown to the client. */
export function nameAndCode(thrown: unknown): Error | undefined {
  const summary = summaryOf(thrown);
  return summary && Object.assign(new Error(), summary);
}

/**
 * Returns the name and the code of a cause. If the cause has no code, takes the code of its own cause: there undici
 * says why a connection failed.
 */
function summaryOf(cause: unknown): AuthErrorJson["cause"] {
  const name = textOrNumber(memberOf(cause, "name"));
  const code =
    textOrNumber(memberOf(cause, "code")) ??
    textOrNumber(memberOf(memberOf(cause, "cause"), "code"));
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

function textOrNumber(value: unknown): string | number | undefined {
  return typeof value === "string" || typeof value === "number" ? value : undefined;
}

/** Returns true if the core has thrown this: a plain object with a code, and not an `Error`. */
export function isErrorRecord(thrown: unknown): thrown is ErrorRecord {
  return (
    typeof thrown === "object" &&
    thrown !== null &&
    !(thrown instanceof Error) &&
    typeof (thrown as { readonly code?: unknown }).code === "string"
  );
}

/** Returns the error for an unexpected failure. Leaves out a `cause` that could hold a secret. */
export function internalError(cause: unknown, secrets: readonly string[]): AuthError {
  if (isAuthError(cause)) {
    return cause;
  }
  const message = "the library failed where it should not; please report this";
  return plainError("P4P_INTERNAL", message, safeCause(cause, secrets));
}

/** Returns an error that comes neither from an answer nor from the core. */
export function plainError(
  code: AuthErrorCode,
  message: string,
  cause?: unknown,
  retryable = false,
): AuthError {
  const none = { status: null, statusCode: null, correlationId: null, retryAfterMs: null };
  return new AuthError({ code, message, retryable, ...none, errors: [] }, cause);
}

/** The longest chain of causes. */
const MAX_CAUSES = 8;

/** Returns the part of a cause that holds no secret: the cause itself, else its name and code, else `undefined`. */
export const safeCause = (cause: unknown, secrets: readonly string[]): unknown =>
  [cause, nameAndCode(cause)].find((candidate) => isHarmless(candidate, secrets, MAX_CAUSES));

/** The language's own classes of errors. Any other class can make an inspector or a `toJSON` show anything. */
const ERROR_CLASSES = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  ReferenceError,
  EvalError,
  URIError,
];
const ERROR_PROTOTYPES = ERROR_CLASSES.map((errorClass): unknown => errorClass.prototype);

/** The engine's own getter of `stack`, if `stack` is a getter. */
const STACK_GETTER = Object.getOwnPropertyDescriptor(new Error(), "stack")?.get;

/**
 * Returns true if no part of `value` holds one of `secrets`. `value` must be text, a number, or an error whose members
 * and causes are harmless too.
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
      ERROR_PROTOTYPES.includes(Object.getPrototypeOf(value)) &&
      isError(value) &&
      Reflect.ownKeys(value).every((key) => {
        const descriptor = Object.getOwnPropertyDescriptor(value, key);
        // A getter may return something else each time, except for the engine's own getter of `stack`.
        const isStable = descriptor?.get === undefined || descriptor.get === STACK_GETTER;
        const member = (value as Record<PropertyKey, unknown>)[key];
        return (
          isStable && isHarmless(String(key), secrets, 0) && isHarmless(member, secrets, depth - 1)
        );
      })
    );
  } catch {
    return false; // a member that can't be read may hold a secret
  }
}

/** Returns true if `text` holds one of `secrets`, plain or with JSON escapes. */
export function holdsSecret(text: string, secrets: readonly string[]): boolean {
  const plain = unescaped(text);
  return secrets.some((secret) => text.includes(secret) || plain.includes(unescaped(secret)));
}

/**
 * Returns true for an error, but not for a proxy of one: an inspector looks behind a proxy. Node has `Error.isError`
 * from 24 on.
 */
function isError(value: object): boolean {
  const { isError } = Error as { isError?: (value: object) => boolean };
  // `structuredClone` throws for a proxy.
  return isError ? isError(value) : structuredClone(value) instanceof Error;
}

/** Returns the text without the escapes of JSON: decodes up to 8 layers of `\u`, and removes all backslashes. */
function unescaped(text: string): string {
  let plain = text;
  for (let times = 0; times < 8; times++) {
    plain = plain.replace(/\\+u([\da-f]{4})/gi, (_, unit) =>
      String.fromCharCode(Number.parseInt(unit, 16)),
    );
  }
  return plain.replaceAll("\\", "");
}
