/**
 * Exchanges Pay4Power keys for a bearer token and keeps that token fresh. Works on import, without an init call.
 *
 * Server-side only: the private key spends the merchant's money.
 *
 * - *Exchange*: sends the keys to the service and gets a bearer token. It is one attempt, or several.
 * - *Refresh point*, *wait point*, *dead point*: the moments of a token's life at which a client begins a refresh in the
 *   background, lets callers wait for the new token, and stops handing out the token.
 * - *Cool-down*: the time after a failed exchange in which a client makes no exchange. A replay that got a 401 too starts
 *   a cool-down of replays: until its end a client returns each 401.
 * - *Circuit*: opens when the service rejects the keys, and closes when the service accepts them.
 * - *Replay*: a request that the client sends again after a 401.
 * @packageDocumentation
 */
import type { AbortSignal, Disposing, Request, RequestInit, Response, URL } from "./platform.js";

/** The answer of a {@link FetchLike}: the platform's `Response`, undici's, or another class with these members. */
export interface ResponseLike {
  /** The HTTP status (RFC 9110, section 15). */
  readonly status: number;
  /** The headers of the answer. */
  readonly headers: {
    /** Returns the value of a header; `null` without that header. */
    get(name: string): string | null;
  };
  /** The body. An exchange needs a web stream here (`ReadableStream`), or `null`: otherwise `P4P_INVALID_OPTIONS`. */
  readonly body?: unknown;
}

/** A fetch: the platform's, undici's, or your own function around one. `init` is the second argument of that fetch. */
// biome-ignore lint/suspicious/noExplicitAny: each library has a type of its own for it.
export type FetchLike = (url: string, init: any) => Promise<ResponseLike>;

/**
 * The options of {@link authenticate}. An absent or `undefined` option takes its default; `null` is an error. An option
 * that is not valid fails with `P4P_INVALID_OPTIONS`, unless its comment names another code. For an unknown name, and for
 * a `timeoutMs` above `deadlineMs`, the package warns once on the console and goes on.
 */
export interface AuthenticateOptions {
  /**
   * The merchant's public key (`PUB_KEY_…` in the API's contract). Required. Not blank, one line, no white space around
   * it, at most 4,096 bytes of UTF-8; not the private key.
   */
  publicKey: string;
  /**
   * The merchant's private key (`PRIV_KEY_…` in the API's contract). Required. Not blank, one line, no white space
   * around it, at most 4,096 bytes of UTF-8; not the public key.
   *
   * The package sends it to `tokenUrl` and nowhere else. It appears in no error, log or inspection. The package
   * overwrites its copy in Wasm with zeros after the exchange. It cannot wipe a JavaScript string.
   */
  privateKey: string;
  /**
   * The environment that the token must be for. Default `"TEST"`, the only environment in the API's contract. Not
   * blank, one line, no white space around it, at most 4,096 bytes of UTF-8.
   */
  environment?: string | undefined;
  /**
   * The address of the exchange. Default: the address of `TEST` in the API's contract. Required for any other
   * environment. https, or http to a loopback host; no user info, one line, no white space around it. Errors:
   * `P4P_INSECURE_URL`, `P4P_INVALID_OPTIONS`.
   */
  tokenUrl?: string | URL | undefined;
  /** The limit of one attempt, headers and body, in milliseconds. Default 10,000; whole, 1 to 120,000. */
  timeoutMs?: number | undefined;
  /** The number of attempts that may follow the first one. Default 2; whole, 0 to 10. */
  retries?: number | undefined;
  /** The limit of all attempts and waits together, in milliseconds. Default 30,000; whole, 1 to 600,000. */
  deadlineMs?: number | undefined;
  /**
   * The `Authorization` header of an exchange, for a gateway in front of the service. Default: no such header.
   * Printable ASCII, not blank, no white space around it, at most 4,096 bytes.
   */
  authorization?: string | undefined;
  /** Ends the exchange when it aborts. The promise then rejects with the signal's own reason. Default: none. */
  signal?: AbortSignal | undefined;
  /**
   * The fetch to use: undici's, node-fetch's, or your own wrapper. Default: the global `fetch`, at the time of the call.
   * The package calls it unbound, as `fetch(string, init)`. `client.fetch` rejects with its errors, unchanged.
   *
   * An exchange needs answers with web streams. node-fetch has none: `P4P_INVALID_OPTIONS`.
   *
   * A runtime that repeats requests by itself may also repeat those of your own fetch: see {@link Client.fetch}.
   */
  fetch?: FetchLike | undefined;
  /**
   * Allows a page, or a worker of a page, to hold the keys. Default `false`: there the call fails with
   * `P4P_BROWSER_REFUSED`. Set it only if every user of the page may know the private key: an internal tool on a closed
   * network, or a local sandbox.
   */
  dangerouslyAllowBrowser?: boolean | undefined;
}

/**
 * The claims of a token. **Not verified**: only the service has the signing key. The names are those of the API's
 * contract. Claims that the service adds are kept.
 */
export interface TokenClaims {
  /** The id of the user (the API's contract). */
  readonly user_id?: string;
  /** The id of the merchant (the API's contract). */
  readonly merchant_id?: string;
  /** The name of the business (the API's contract). */
  readonly business_name?: string;
  /** The same as `business_name`: the API's contract has both. */
  readonly businessName?: string;
  /** The name of the merchant (the API's contract). */
  readonly merchant_name?: string;
  /** The category of the merchant, such as `RegisteredBusiness` (the API's contract). */
  readonly category?: string;
  /** The tier of the merchant, such as `Diamond` (the API's contract). */
  readonly tier?: string;
  /** The environment that the token is for (the API's contract). */
  readonly environment?: string;
  /** A public key of the merchant (the API's contract). It is not the text of the option `publicKey`. */
  readonly public_key?: string;
  /** The token's own id (RFC 7519, section 4.1.7). */
  readonly jti?: string;
  /** The moment of issue, in epoch seconds (RFC 7519, section 4.1.6). */
  readonly iat?: number;
  /** The moment from which the token may be used, in epoch seconds (RFC 7519, section 4.1.5). */
  readonly nbf?: number;
  /** The end of the token, in epoch seconds (RFC 7519, section 4.1.4). */
  readonly exp?: number;
  /** The issuer (RFC 7519, section 4.1.1). */
  readonly iss?: string;
  /** The audience (RFC 7519, section 4.1.3). */
  readonly aud?: string | readonly string[];
  /** Any other claim, as the service sent it. */
  readonly [claim: string]: unknown;
}

/** A bearer token (RFC 6750). Immutable. A log, an inspector, a clone or a serialiser never shows its value. */
export class Token {
  private constructor();
  /** The token itself (RFC 6750, section 2.1), at most 16 KiB. Handle it like a password. */
  readonly value: string;
  /** The type of the token: always `Bearer` (RFC 6750). */
  readonly tokenType: "Bearer";
  /** The value of an `Authorization` header: `Bearer …` (RFC 6750, section 2.1). */
  readonly authorization: string;
  /** The end of the token on this machine's own clock. A new `Date` at each access. */
  readonly expiresAt: Date;
  /** The end of the token, in epoch milliseconds of this machine's own clock, even if that clock is wrong. */
  readonly expiresAtMs: number;
  /** The `iat` claim: the moment of issue, in epoch milliseconds of the service's clock. `null` without that claim. */
  readonly issuedAtMs: number | null;
  /** The claims, unverified and frozen; `null` if the token is not a JWT. */
  readonly claims: TokenClaims | null;
  /** The id of the exchange at the service. Give it to the service's support. `null` if the answer has none. */
  readonly correlationId: string | null;
  /**
   * Returns whether the token has expired: `nowMs >= expiresAtMs - leewayMs`.
   * @param options.nowMs epoch milliseconds; default: the wall clock
   * @param options.leewayMs milliseconds by which the token counts as expired early; default 0; 0 or more
   * @throws AuthError `P4P_INVALID_OPTIONS`
   */
  isExpired(options?: { nowMs?: number | undefined; leewayMs?: number | undefined }): boolean;
  /**
   * Returns the milliseconds until the token expires; negative after its end.
   * @param nowMs epoch milliseconds; default: the wall clock
   * @throws AuthError `P4P_INVALID_OPTIONS`
   */
  expiresInMs(nowMs?: number): number;
  /** Returns the token for logs: without its claims, and with `"[redacted]"` as its value. */
  toJSON(): {
    tokenType: "Bearer";
    value: "[redacted]";
    expiresAt: string;
    issuedAtMs: number | null;
    correlationId: string | null;
  };
  /** Returns a text for logs: when the token expires, never its value. */
  toString(): string;
}

/**
 * The codes of an {@link AuthError}. A code never changes its meaning. A later version may add a code, so give a `switch`
 * a default.
 */
export type AuthErrorCode =
  /**
   * An option is missing, has the wrong type or is out of bounds, or `credentials` returned no valid keys. Nothing was
   * sent. Exception: if `fetch` answers without a web stream, the keys were sent.
   */
  | "P4P_INVALID_OPTIONS"
  /** An address is not https (or http to a loopback host), or holds user info. Nothing was sent. */
  | "P4P_INSECURE_URL"
  /** The call has keys in a browser, without `dangerouslyAllowBrowser`. Nothing was sent. */
  | "P4P_BROWSER_REFUSED"
  /** The service does not accept the keys. Correct them before you ask again. */
  | "P4P_CREDENTIALS_REJECTED"
  /** The service asks you to call less often. See `retryAfterMs`. */
  | "P4P_RATE_LIMITED"
  /** The service cannot answer now. */
  | "P4P_SERVICE_UNAVAILABLE"
  /** The exchange got no connection, or the connection broke. */
  | "P4P_NETWORK"
  /**
   * No whole answer, or no keys from `credentials`, came within `timeoutMs`; or a caller got no token within
   * `deadlineMs`.
   */
  | "P4P_TIMEOUT"
  /** The service answered with a redirect. The package never follows it, because it would carry the keys. */
  | "P4P_REDIRECTED"
  /** The answer does not follow the API's contract. */
  | "P4P_BAD_RESPONSE"
  /** {@link decodeClaims} got a text that is not a JWT. */
  | "P4P_BAD_TOKEN"
  /** The token of the answer is expired, not yet valid, for another environment, or not a bearer token. */
  | "P4P_TOKEN_UNUSABLE"
  /** The address for `client.fetch` is outside `baseUrl`. Nothing was sent. */
  | "P4P_FORBIDDEN_ORIGIN"
  /** The client is closed. */
  | "P4P_CLOSED"
  /** This library has a defect, or the platform lacks something that the library needs. */
  | "P4P_INTERNAL";

/**
 * The error of this library. Two errors are not an `AuthError`: the reason of an aborted signal, and the `TimeoutError`
 * of `requestTimeoutMs`. No part of it holds a private key or a token.
 */
export class AuthError extends Error {
  private constructor();
  /** The name of the class, for logs. Use {@link isAuthError} to recognise an error. */
  readonly name: "AuthError";
  /** The kind of the failure. */
  readonly code: AuthErrorCode;
  /** Whether the same call may succeed later with nothing changed. */
  readonly retryable: boolean;
  /** The HTTP status of the service's answer (RFC 9110, section 15); `null` without an answer. */
  readonly status: number | null;
  /** `statusCode` of the answer's body (the API's contract), which may differ from the HTTP status. `null` without one. */
  readonly statusCode: number | null;
  /** The id of the exchange at the service. Give it to the service's support. `null` if the answer has none. */
  readonly correlationId: string | null;
  /**
   * The time that the service asks to wait, in milliseconds: the `Retry-After` header (RFC 9110, section 10.2.3). `null`
   * without one.
   *
   * A client remembers a failure during a cool-down. In the error of a call for which it made no exchange, this is how
   * much longer calls fail, at most 600,000.
   */
  readonly retryAfterMs: number | null;
  /** The details in the answer's body, with secrets redacted. */
  readonly errors: readonly unknown[];
  /**
   * The original error, if its class is one of JavaScript's own and it holds no secret. Otherwise an `Error` with its
   * name and its code, or nothing.
   */
  readonly cause?: unknown;
  /**
   * Returns all of the above, for logs. Of the cause it has the name and the code only. If the cause has no code, it
   * has the code of the cause's own cause (`ECONNREFUSED`).
   */
  toJSON(): {
    name: "AuthError";
    code: AuthErrorCode;
    message: string;
    retryable: boolean;
    status: number | null;
    statusCode: number | null;
    correlationId: string | null;
    retryAfterMs: number | null;
    errors: readonly unknown[];
    cause?: { name?: string | number; code?: string | number };
  };
}

/**
 * Exchanges the keys for a token. Caches nothing. Retries a failure that may pass, after a random wait (up to 200 ms,
 * doubling up to 5 s, or longer if `Retry-After` says so) and within `deadlineMs`. Does not retry after the service
 * rejected the keys.
 *
 * Rejects with an {@link AuthError}, or with the signal's own reason if the signal aborted. Never throws. `retryable`
 * says whether another call may help. If `fetch` rejects with an object that has its own string `digest`, by which
 * Next.js ends a render, this rejects with that object.
 *
 * - Before a request: `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`, `P4P_BROWSER_REFUSED`.
 * - The service refuses: `P4P_CREDENTIALS_REJECTED`, `P4P_RATE_LIMITED`, `P4P_SERVICE_UNAVAILABLE`.
 * - There is no whole answer: `P4P_NETWORK`, `P4P_TIMEOUT`.
 * - The answer has no usable token: `P4P_REDIRECTED`, `P4P_BAD_RESPONSE`, `P4P_TOKEN_UNUSABLE`.
 * - A defect: `P4P_INTERNAL`.
 *
 * @example
 * ```ts
 * import { authenticate } from "pay4power-auth";
 *
 * const token = await authenticate({
 *   publicKey: process.env.PAY4POWER_PUBLIC_KEY ?? "",
 *   privateKey: process.env.PAY4POWER_PRIVATE_KEY ?? "",
 * });
 * console.log(token.expiresAt); // send `token.authorization` with each request
 * ```
 */
export function authenticate(options: AuthenticateOptions): Promise<Token>;

/** The options of {@link createClient}. */
export interface ClientOptions extends Omit<AuthenticateOptions, "signal"> {
  /**
   * The address to which `client.fetch` may send the token, with all addresses below it. Default: the server of the
   * API's contract, if `environment` is `TEST` and `tokenUrl` is not set. Otherwise none, and `client.fetch` needs it.
   * https, or http to a loopback host; no user info, one line, no white space around it.
   */
  baseUrl?: string | URL | undefined;
  /**
   * Shares tokens with other processes. The client reads the store before an exchange and writes to it after one. It
   * seals each token with a key derived from `privateKey`. A store that fails, takes more than a second, or holds data
   * that does not open counts as empty. Default: none. `pay4power-auth/stores` and `pay4power-auth/cloudflare` have
   * stores.
   */
  store?: TokenStore | undefined;
  /**
   * Receives a promise for every exchange, so that the host keeps the exchange running after its request has ended: a
   * Worker's `ctx.waitUntil`, or `waitUntil` of `cloudflare:workers`. Default: none.
   */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Receives each {@link ClientEvent}. Events hold no secrets. The client ignores what the listener throws. Default: none. */
  onEvent?: ((event: ClientEvent) => void) | undefined;
  /**
   * The share of a token's lifetime, counted back from its end, in which the client refreshes it in the background
   * (refresh-ahead). Default 0.2; 0 to 0.9; 0 turns it off: then the client refreshes at the wait point. Each token gets a
   * random refresh point up to half of that share earlier (less above 0.5), so that many clients do not refresh at the
   * same moment. With 0.2 the refresh point lies 20 to 30 % of the lifetime before the end.
   */
  refreshAhead?: number | undefined;
  /**
   * The limit for `client.fetch`, from the call to the headers of the answer, in milliseconds. Whole, 1 to 600,000.
   * Default: none, as for the platform's fetch. It includes the wait for a token and a replay, but not the reading of
   * the body.
   */
  requestTimeoutMs?: number | undefined;
}

/** The keys of a merchant: the public key and the private key. */
export type Credentials = Pick<ClientOptions, "publicKey" | "privateKey">;

/** {@link ClientOptions} with `credentials`, a function that returns the keys, instead of the keys. */
export interface ClientOptionsWithCredentials extends Omit<ClientOptions, keyof Credentials> {
  /** Absent: `credentials` returns it. */
  publicKey?: undefined;
  /** Absent: `credentials` returns it. */
  privateKey?: undefined;
  /**
   * Returns the keys, for example from a secrets manager, so that the keys can change while the client runs. The client
   * calls it, unbound and without arguments, when it first needs a token, and once more each time the service rejects
   * the keys in use. If the function then returns other keys, the client tries them at once, in the same exchange. If it
   * returns the same keys or fails, the exchange fails with `P4P_CREDENTIALS_REJECTED`. The `cause` of that error then
   * says how the function failed.
   *
   * The limit of one call is `timeoutMs`, or the time left of `deadlineMs` if that is less. While the client has no
   * keys, a function that takes longer fails the exchange with `P4P_TIMEOUT`. A function that throws, or returns keys
   * that are not valid as `publicKey` and `privateKey`, fails it with `P4P_INVALID_OPTIONS`.
   *
   * The error has the name and the code of what the function threw (or the code of its cause), never its message. If the
   * client has no keys and the function throws an object with its own string `digest`, a framework's control flow, the
   * client passes that object on unchanged.
   */
  credentials: () => Credentials | PromiseLike<Credentials>;
}

/** Keeps sealed tokens. Any key-value store can be one; it need not be consistent. */
export interface TokenStore {
  /** Returns the value under `key` (64 hexadecimal digits); `null` or `undefined` if there is none. */
  get(key: string): Promise<string | null | undefined>;
  /** Stores `value`, at most 64 KiB, under `key`. After `expiresAtMs`, in epoch milliseconds, the value has no use. */
  set(key: string, value: string, options: { expiresAtMs: number }): Promise<void>;
  /** Removes the value under `key`, if there is one. */
  delete(key: string): Promise<void>;
}

/** The members of every {@link ClientEvent}. */
interface Event<Type extends string> {
  /** Tells which event it is, and so which members it has. */
  readonly type: Type;
  /** The moment of the event, in epoch milliseconds. */
  readonly atMs: number;
}

/** The members of every event of an exchange, from the read of the store to the result. */
interface ExchangeEvent<Type extends string> extends Event<Type> {
  /** A number that all events of one exchange share, and that no other exchange of this client has. */
  readonly exchangeId: number;
}

/**
 * The reason for an exchange. `absent`: there was no token yet. `expiry`: the token ends soon or has ended. `rejected`:
 * the token got a 401, or was dropped. `failure`: the last exchange failed. `abandoned`: the request that made the last
 * exchange ended first.
 */
type ExchangeReason = "absent" | "expiry" | "rejected" | "failure" | "abandoned";

/** Whether the service accepts the keys. With an `open` circuit the client only probes, once after each cool-down. */
type Circuit = "closed" | "open";

/**
 * An event of a client; `type` says which members it has. A call that gets the current token makes no event. Durations
 * are whole milliseconds. `correlationId` is there if the service gave one; give it to the service's support.
 */
export type ClientEvent =
  /** An attempt begins. `attempt` is its number within the exchange, from 1. */
  | (ExchangeEvent<"exchange.start"> & {
      readonly reason: ExchangeReason;
      readonly attempt: number;
    })
  /** An attempt got a token. `durationMs` is the duration of the attempt. */
  | (ExchangeEvent<"exchange.success"> & {
      readonly reason: ExchangeReason;
      readonly attempt: number;
      readonly correlationId?: string;
      readonly durationMs: number;
    })
  /** An attempt failed. Or `credentials` failed before the first attempt: then `attempt` is 1, and no attempt began. */
  | (ExchangeEvent<"exchange.failure"> & {
      readonly reason: AuthErrorCode;
      readonly attempt: number;
      readonly correlationId?: string;
      readonly durationMs: number;
    })
  /** Another attempt follows after `durationMs`. `attempt` is its number. */
  | (ExchangeEvent<"retry"> & {
      readonly reason: AuthErrorCode;
      readonly attempt: number;
      readonly durationMs: number;
    })
  /** An exchange begins in the background: no caller waits for it. */
  | (ExchangeEvent<"refresh.background"> & { readonly reason: ExchangeReason })
  /**
   * The service rejected the keys. Calls get the current token, or fail at once. After each cool-down one call probes.
   */
  | (ExchangeEvent<"circuit.open"> & {
      readonly reason: AuthErrorCode;
      readonly correlationId?: string;
    })
  /** The circuit closes: the service accepted the keys, or `reset` was called. With `reset` the event has no exchange. */
  | (ExchangeEvent<"circuit.close"> & { readonly reason: "accepted" })
  | (Event<"circuit.close"> & { readonly reason: "reset" })
  /**
   * A cool-down begins after a failure: no exchange begins for `durationMs`. Calls get the current token, or fail at once
   * with `reason`. After a failed refresh it ends early if the current token ends, is rejected or is dropped, unless the
   * circuit is open or the service asked for the time (`Retry-After`). With a `store`, calls may read the store once a
   * second.
   */
  | (ExchangeEvent<"cooldown.start"> & {
      readonly reason: AuthErrorCode;
      readonly durationMs: number;
      readonly circuit: Circuit;
    })
  /**
   * A cool-down has ended. `over`: its time passed; this event comes when the next exchange begins. `accepted`: an
   * earlier exchange succeeded late. `reset`: `reset` was called.
   */
  | (Event<"cooldown.end"> & {
      readonly reason: "over" | "accepted" | "reset";
      readonly circuit: Circuit;
    })
  /** A request got a 401 with the current token, outside a cool-down. The client drops that token. */
  | (Event<"token.rejected"> & { readonly correlationId?: string })
  /** A replay: the client sends a request again with a newer token. */
  | (Event<"replay"> & { readonly correlationId?: string })
  /**
   * The client returns a 401 and makes no replay. `cooldown`: the last new token got a 401 too, so there is no replay for
   * 5 s, doubling to 5 minutes. `body`: the body cannot be sent again.
   */
  | (Event<"replay.withheld"> & {
      readonly reason: "cooldown" | "body";
      readonly correlationId?: string;
    })
  /** The store had a token. `durationMs` is the duration of the read. */
  | (ExchangeEvent<"store.hit"> & {
      readonly correlationId?: string;
      readonly durationMs: number;
    })
  /**
   * The store had no usable token. `absent`: it has no value. `unreadable`: the value does not open. `unusable`: the
   * value holds no valid token. `expired`: the token has ended. `clock`: this machine's clock is more than a minute
   * behind. `rejected`: the token got a 401. `current`: it is the current token. `older`: it ends no later than the
   * current token, or is past its dead point.
   */
  | (ExchangeEvent<"store.miss"> & {
      readonly reason:
        | "absent"
        | "unreadable"
        | "unusable"
        | "expired"
        | "clock"
        | "rejected"
        | "current"
        | "older";
      readonly durationMs: number;
    })
  /** The store failed, or took longer than its limit, a second. */
  | (ExchangeEvent<"store.error"> & {
      readonly reason: `${"get" | "set" | "delete"}.${"timeout" | "failed"}`;
      readonly durationMs: number;
    });

/** The state of a client, for health checks and dashboards. Holds no secret. */
export interface ClientState {
  /**
   * The phase of the token.
   *
   * - `none`: the client has no token, or the token was rejected or dropped, or the client is closed.
   * - `fresh`: before the refresh point. The client hands it out at once.
   * - `refresh-soon`: between the refresh point and the wait point. The client hands it out at once and refreshes it in
   *   the background.
   * - `expiring`: between the wait point and the dead point. Callers wait for a new token, for at most 1 s. The wait
   *   point lies 5 % of the lifetime before the end, at most 30 s.
   * - `expired`: past the dead point. The client does not hand it out. The dead point lies 2 % of the lifetime before
   *   the end, at most 2 s.
   */
  readonly token: "none" | "fresh" | "refresh-soon" | "expiring" | "expired";
  /** The end of the token, in epoch milliseconds of this machine's own clock; `null` without a token. */
  readonly expiresAtMs: number | null;
  /** Whether an exchange is in flight. */
  readonly exchanging: boolean;
  /** `open` from the moment the service rejects the keys until it accepts keys or `reset` is called. */
  readonly circuit: Circuit;
  /** The end of the cool-down that holds back the next exchange, in epoch milliseconds; `null` without a cool-down. */
  readonly retryAtMs: number | null;
  /**
   * The code of the last exchange's failure; `null` if the last exchange succeeded, or after `reset`. A token from the
   * store changes neither this nor `circuit`.
   */
  readonly lastFailure: AuthErrorCode | null;
}

/**
 * Keeps one valid token for all callers. Any number of concurrent requests can share a client. Its methods also work
 * unbound: `const { fetch } = client`.
 */
export interface Client extends Disposing {
  /**
   * Returns a token that is good now: the current token, at once, or the token of the in-flight exchange that all callers
   * share. Each caller waits for at most `deadlineMs`. `signal` ends this caller's wait only.
   *
   * `waitUntil` receives a promise for the exchange, as the option of that name does. It is for this call only, and comes
   * in place of the option.
   *
   * Rejects with an {@link AuthError} that has a code of {@link authenticate} or `P4P_CLOSED`, or with the reason of
   * `signal`. During a cool-down it rejects with the error of
   * the failed exchange. If a framework ends the render of the caller that makes the exchange, that call rejects with the
   * framework's object, as {@link authenticate} does. The next caller that waits then makes another exchange.
   */
  getToken(options?: {
    signal?: AbortSignal | undefined;
    waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  }): Promise<Token>;
  /**
   * Sends a request with the token, and returns the answer. A path is appended to `baseUrl`. A whole address must lie
   * under `baseUrl` (`P4P_FORBIDDEN_ORIGIN`). Returns a redirect and never follows it.
   *
   * Rejects with an {@link AuthError} only if nothing was sent: with the codes of `getToken`, `P4P_FORBIDDEN_ORIGIN`, or
   * `P4P_INVALID_OPTIONS` for an argument that is not valid. If the request itself fails, rejects with the fetch's own
   * error.
   *
   * Makes a replay only after a 401, once, if it can get a newer token and if the body can be sent again (not a stream,
   * not a `Request` with a body). It sends nothing again after any other answer or after a failure, and it hides no
   * failure. If the caller sets an `Authorization` header, the client sends that header and does none of this.
   *
   * **Without `requestTimeoutMs` it has no time-out**, as the platform's fetch has none. Give it a `signal`, or give the
   * client a `requestTimeoutMs`. When that time is over, the client aborts the request, the promise rejects with a
   * `DOMException` named `TimeoutError`, and the client sends nothing again. The service may still have received the
   * request: look a payment up before you send it again.
   *
   * The fetch receives all of `init` as given, also beside a `Request`, with two exceptions: `redirect` is always
   * `"manual"`, and the client removes `Host` when it adds the token. The client copies the body. It refuses a body that
   * the platform would send as text like `[object Object]` (`P4P_INVALID_OPTIONS`).
   *
   * The client keeps runtimes from repeating a request by themselves, for every method except GET, HEAD and OPTIONS. Node
   * and edge-runtime would repeat it after a 421: they get the body as a stream, but a `fetch` option gets it as given.
   * Deno, Bun and workerd would repeat it when a reused connection breaks: Deno gets a `client`, Bun gets
   * `keepalive: false`, and workerd gets an empty stream if a request that is not a POST or PATCH has no body. Nothing
   * keeps a browser from it: Chromium repeats any request, also a POST, after a 408, after a 421, and when a connection
   * breaks before any answer. Pay from a server.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Drops `token` if it is the current token. Without an argument, drops the current token. Sends nothing. */
  invalidate(token?: Token): void;
  /** Closes the circuit and ends all cool-downs. Call it when the cause of the failures is repaired. */
  reset(): void;
  /** Returns the state of the client. Never throws and sends nothing, also after `close`. */
  state(): ClientState;
  /** Ends all waits with `P4P_CLOSED` and frees the client's resources. You may call it again; `using` calls it too. */
  close(): void;
}

/**
 * Returns a client that keeps one token fresh for any number of callers. Sends nothing until its first use.
 * @throws AuthError `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`, `P4P_BROWSER_REFUSED`
 * @example
 * ```ts
 * import { createClient } from "pay4power-auth";
 *
 * const client = createClient({
 *   publicKey: process.env.PAY4POWER_PUBLIC_KEY ?? "",
 *   privateKey: process.env.PAY4POWER_PRIVATE_KEY ?? "",
 *   requestTimeoutMs: 10_000,
 * });
 * const answer = await client.fetch("/services");
 * console.log(answer.status);
 * ```
 */
export function createClient(options: ClientOptions | ClientOptionsWithCredentials): Client;

/**
 * Returns the claims of a JWT (RFC 7519), for display and routing. **Verifies nothing**: only the service can check the
 * signature. Never use a claim to decide what a user may do.
 * @throws AuthError `P4P_BAD_TOKEN` if `token` is longer than 16 KiB, or not a JWT in compact form (RFC 7519, section 7.2)
 * @example
 * ```ts
 * import { decodeClaims } from "pay4power-auth";
 *
 * const { merchant_id: merchantId } = decodeClaims(process.argv[2] ?? "");
 * console.log(merchantId);
 * ```
 */
export function decodeClaims(token: string): TokenClaims;

/** Returns whether `value` is an {@link AuthError}, also of another realm or another copy of this package. */
export function isAuthError(value: unknown): value is AuthError;

/** The version of this package, as in its `package.json`. */
export const VERSION: string;
