/**
 * Exchanges Pay4Power API keys for a bearer token. Works on import, without an init call.
 *
 * Server-side only: whoever can read the private key can spend the merchant's money.
 * @packageDocumentation
 */
import type { AbortSignal, Disposing, Request, RequestInit, Response, URL } from "./platform.js";

/** What a {@link FetchLike} answers with: the platform's `Response`, undici's, or another that is like it. */
export interface ResponseLike {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body?: unknown;
}

/** A fetch: the platform's or undici's, or a function around one. `init` is what that one takes. */
// biome-ignore lint/suspicious/noExplicitAny: each library has a type of its own for it.
export type FetchLike = (url: string, init: any) => Promise<ResponseLike>;

/** What {@link authenticate} needs and what it may be told. An absent option takes its default; `null` is an error. */
export interface AuthenticateOptions {
  /**
   * The merchant's public key (`PUB_KEY_…`). Not blank, one line, no white space around it, at most
   * 4,096 bytes of UTF-8; not the private one.
   */
  publicKey: string;
  /**
   * The merchant's private key (`PRIV_KEY_…`). Not blank, one line, no white space around it, at most
   * 4,096 bytes of UTF-8; not the public one. It is sent to `tokenUrl` and nowhere else, and appears in
   * no error, log or inspection. The copy in Wasm is overwritten with zeros after the exchange; a
   * JavaScript string can't be.
   */
  privateKey: string;
  /**
   * Which environment the token must be for. Default `"TEST"`, the only one the service documents. Not
   * blank, one line, no white space around it, at most 4,096 bytes of UTF-8.
   */
  environment?: string | undefined;
  /**
   * Where the exchange happens. Default: the documented address of `TEST`; for any other
   * environment it must be given. https, or http to a loopback host; no user info in it, one line, no
   * white space around it.
   */
  tokenUrl?: string | URL | undefined;
  /** How long one attempt may take, headers and body, in milliseconds. Default 10,000; whole, 1 to 120,000. */
  timeoutMs?: number | undefined;
  /** How many more attempts may follow the first. Default 2; whole, 0 to 10. */
  retries?: number | undefined;
  /** How long all attempts and waits may take together, in milliseconds. Default 30,000; whole, 1 to 600,000. */
  deadlineMs?: number | undefined;
  /**
   * Sent as the `Authorization` header of the token call, for a gateway in front of it. Default: none
   * is sent. Printable ASCII, not blank, no white space around it, at most 4,096 bytes.
   */
  authorization?: string | undefined;
  /** Ends the exchange; the promise then rejects with the signal's own reason. */
  signal?: AbortSignal | undefined;
  /**
   * The fetch to use, called unbound as `fetch(string, init)`: undici's, node-fetch's, a wrapper of your own. Default:
   * the global one, at the time of the call. The exchange needs answers with web streams, which node-fetch's are not:
   * `P4P_INVALID_OPTIONS`. What it rejects with, `client.fetch` rejects with, as it is.
   *
   * What the runtime sends again by itself, it may send again under a wrapper too: see {@link Client.fetch}.
   */
  fetch?: FetchLike | undefined;
  /**
   * Lets a page or a page's worker hold the keys. Default `false`. Only for pages whose every user
   * may know the private key: an internal tool on a closed network, a local sandbox.
   */
  dangerouslyAllowBrowser?: boolean | undefined;
}

/**
 * What a token says of itself. **Not verified**: the key that signs is the service's alone. Names
 * are the wire's; what the service adds is kept.
 */
export interface TokenClaims {
  readonly user_id?: string;
  readonly merchant_id?: string;
  readonly business_name?: string;
  readonly businessName?: string;
  readonly merchant_name?: string;
  readonly category?: string;
  readonly tier?: string;
  readonly environment?: string;
  readonly public_key?: string;
  /** The token's own id. */
  readonly jti?: string;
  /** When it was issued, in epoch seconds (RFC 7519, section 4.1.6). */
  readonly iat?: number;
  /** Before when it must not be used, in epoch seconds (RFC 7519, section 4.1.5). */
  readonly nbf?: number;
  /** When it ends, in epoch seconds (RFC 7519, section 4.1.4). */
  readonly exp?: number;
  readonly iss?: string;
  readonly aud?: string | readonly string[];
  readonly [claim: string]: unknown;
}

/** A bearer token. Immutable. Logging, inspecting, cloning or serialising it never shows its value. */
export class Token {
  private constructor();
  /** The token itself. Handle it like a password. */
  readonly value: string;
  /** How it is to be used: always as a bearer token (RFC 6750). */
  readonly tokenType: "Bearer";
  /** The value of an `Authorization` header: `Bearer …`. */
  readonly authorization: string;
  /** When it ends, on this machine's own clock. A new `Date` at each call. */
  readonly expiresAt: Date;
  /** When it ends, in epoch milliseconds of this machine's own clock, whatever that clock says. */
  readonly expiresAtMs: number;
  /** When the service says that it was issued, in epoch milliseconds of the service's clock. */
  readonly issuedAtMs: number | null;
  /** Its claims, unverified and frozen; `null` for a token that is no JWT. */
  readonly claims: TokenClaims | null;
  /** What the service's support asks for. */
  readonly correlationId: string | null;
  /**
   * Whether it has expired: `nowMs >= expiresAtMs - leewayMs`.
   * @param options.nowMs epoch milliseconds; default: the wall clock
   * @param options.leewayMs how much early it counts as expired; default 0; 0 or more
   * @throws AuthError `P4P_INVALID_OPTIONS`
   */
  isExpired(options?: { nowMs?: number | undefined; leewayMs?: number | undefined }): boolean;
  /**
   * How long until it expires, in milliseconds; negative after that.
   * @param nowMs epoch milliseconds; default: the wall clock
   * @throws AuthError `P4P_INVALID_OPTIONS`
   */
  expiresInMs(nowMs?: number): number;
  /** Everything but the value, which is `"[redacted]"`, and the claims. */
  toJSON(): {
    tokenType: "Bearer";
    value: "[redacted]";
    expiresAt: string;
    issuedAtMs: number | null;
    correlationId: string | null;
  };
}

/** Every code an {@link AuthError} can have. Codes never change their meaning. */
export type AuthErrorCode =
  /**
   * An option is missing, of the wrong type or out of bounds; `credentials` gave no good keys. Nothing was sent. Or
   * what was given as `fetch` does not work: with an answer that has no web stream, the keys were sent.
   */
  | "P4P_INVALID_OPTIONS"
  /** An address that is not https (or http to a loopback host), or that holds user info. Nothing was sent. */
  | "P4P_INSECURE_URL"
  /** Keys in a browser without `dangerouslyAllowBrowser`. Nothing was sent. */
  | "P4P_BROWSER_REFUSED"
  /** The service does not accept the keys. Put them right before asking again. */
  | "P4P_CREDENTIALS_REJECTED"
  /** The service asks to be called less often; see `retryAfterMs`. */
  | "P4P_RATE_LIMITED"
  /** The service can't answer now. */
  | "P4P_SERVICE_UNAVAILABLE"
  /** The connection failed or broke. */
  | "P4P_NETWORK"
  /** No whole answer, or no keys of `credentials`, within `timeoutMs`; or no token within a caller's `deadlineMs`. */
  | "P4P_TIMEOUT"
  /** The service answered with a redirect, which is never followed: it would carry the keys. */
  | "P4P_REDIRECTED"
  /** An answer that is not the contract's. */
  | "P4P_BAD_RESPONSE"
  /** A text that is not a JWT, given to {@link decodeClaims}. */
  | "P4P_BAD_TOKEN"
  /** The service handed out a token that is expired, not yet valid, for another environment, or not a bearer token. */
  | "P4P_TOKEN_UNUSABLE"
  /** `client.fetch` was to send the token to another address than `baseUrl`. Nothing was sent. */
  | "P4P_FORBIDDEN_ORIGIN"
  /** The client was closed. */
  | "P4P_CLOSED"
  /** A defect of this library, or a platform that lacks what it needs. */
  | "P4P_INTERNAL";

/**
 * Every error of this library but two: the reason of an aborted signal, and the `TimeoutError` of `requestTimeoutMs`.
 * No part of it holds a private key or a token.
 */
export class AuthError extends Error {
  private constructor();
  readonly name: "AuthError";
  /** What went wrong. */
  readonly code: AuthErrorCode;
  /** Whether the same call may succeed later with nothing changed. */
  readonly retryable: boolean;
  /** The HTTP status of the service's answer. */
  readonly status: number | null;
  /** `statusCode` of the answer's body, which may differ from the HTTP status. */
  readonly statusCode: number | null;
  /** What the service's support asks for. */
  readonly correlationId: string | null;
  /**
   * How long the service asks to wait (`Retry-After`), in milliseconds. In the error of a client that
   * remembers a failure and has made no exchange for this call: how much longer its calls fail with it,
   * at most 600,000.
   */
  readonly retryAfterMs: number | null;
  /** The details in the answer's body, with secrets redacted. */
  readonly errors: readonly unknown[];
  /**
   * The original error, when it is an Error of one of JavaScript's own classes and holds no secret. Otherwise an
   * Error with its name and its code, or nothing.
   */
  readonly cause?: unknown;
  /**
   * All of the above, for logs. Of the cause it has the name and the code only; where the cause has no
   * code, that of the cause's own cause (`ECONNREFUSED`).
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
 * Exchanges keys for a token. Nothing is cached. A failure that may pass is retried, with full
 * jitter and within `deadlineMs`; a rejection of the keys is not.
 *
 * Rejects with an {@link AuthError}, or with the signal's own reason when that was aborted; never
 * throws. `retryable` says whether asking again may help. When `fetch` rejects with an object that has a
 * string `digest`, by which Next.js ends a render, it rejects with that object.
 */
export function authenticate(options: AuthenticateOptions): Promise<Token>;

/** What {@link createClient} needs and what it may be told. */
export interface ClientOptions extends Omit<AuthenticateOptions, "signal"> {
  /**
   * Where `client.fetch` may send the token: this address and what lies under it. Default: the
   * documented server, when `environment` is `TEST` and no `tokenUrl` is given; else
   * `client.fetch` needs it. https, or http to a loopback host; no user info in it, one line, no white
   * space around it.
   */
  baseUrl?: string | URL | undefined;
  /**
   * Shares tokens with other processes: it is read before an exchange is made, and written after.
   * What is written is sealed with a key that is derived from `privateKey`. A store that fails, has
   * not answered within a second, or holds what can't be opened, counts as one without a token.
   * Default: none. `pay4power-auth/stores` and `pay4power-auth/cloudflare` have some.
   */
  store?: TokenStore | undefined;
  /**
   * Given a promise for every exchange, so that the host lets it end though its request has ended: a Worker's
   * `ctx.waitUntil`, or `waitUntil` of `cloudflare:workers`.
   */
  waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  /** Told of what happens, without secrets. What it throws is ignored. */
  onEvent?: ((event: ClientEvent) => void) | undefined;
  /**
   * Refresh-ahead: in this last share of a token's lifetime, the client gets a new one in the background. Default
   * 0.2; 0 to 0.9; 0 turns it off. Each token draws up to half as much again, so that a fleet does not refresh in
   * step.
   */
  refreshAhead?: number | undefined;
  /**
   * How long `client.fetch` may take until the headers of the answer are there, in milliseconds. Whole, 1 to
   * 600,000. Default: none, as for the platform's fetch. It counts from the call: the wait for a token and a
   * second send are part of it. Reading the body is not.
   */
  requestTimeoutMs?: number | undefined;
}

/** The two keys of a merchant. */
export type Credentials = Pick<ClientOptions, "publicKey" | "privateKey">;

/** {@link ClientOptions} with a function that gives the keys in place of the keys. */
export interface ClientOptionsWithCredentials extends Omit<ClientOptions, keyof Credentials> {
  publicKey?: undefined;
  privateKey?: undefined;
  /**
   * Gives the keys, for example those of a secrets manager: so they can be rotated under a running client. The
   * client calls it when it first needs a token, and once more whenever the service rejects the keys in use. If the
   * keys are others by then, the client tries them at once, in the same exchange. If they are the same, or the
   * function fails, the exchange fails with `P4P_CREDENTIALS_REJECTED`; its `cause` tells what the function did.
   *
   * It may take `timeoutMs`, or what is left of `deadlineMs` if that is less. Without any keys yet, a function
   * that takes longer fails the exchange with `P4P_TIMEOUT`; one that throws, or gives keys that are not as
   * `publicKey` and `privateKey` must be, with `P4P_INVALID_OPTIONS`. Of what it throws, the error tells the name and
   * the code (that of its cause, if it has none), never the message. If it throws a framework's control flow then,
   * an object with a string `digest`, that is passed on as it is. The function is called unbound, without arguments.
   */
  credentials: () => Credentials | PromiseLike<Credentials>;
}

/** Where sealed tokens are kept. Any key-value store will do; it need not be consistent. */
export interface TokenStore {
  /** What is kept under `key`: 64 hexadecimal digits; `null` or `undefined` when nothing is. */
  get(key: string): Promise<string | null | undefined>;
  /** Keeps `value`, of at most 64 KiB, which is of no use after `expiresAtMs`, in epoch milliseconds. */
  set(key: string, value: string, options: { expiresAtMs: number }): Promise<void>;
  /** Forgets what is kept under `key`, which may be nothing. */
  delete(key: string): Promise<void>;
}

/** What every {@link ClientEvent} has. */
interface Event<Type extends string> {
  readonly type: Type;
  /** When, in epoch milliseconds. */
  readonly atMs: number;
}

/** What every event of an exchange has, from its first look into the store to what comes of it. */
interface ExchangeEvent<Type extends string> extends Event<Type> {
  /** The same in all events of one exchange, and of no other exchange of this client. */
  readonly exchangeId: number;
}

/** Why an exchange is made. */
type ExchangeReason = "absent" | "expiry" | "rejected" | "failure" | "abandoned";

/** Whether a client makes exchanges: with an open circuit only to probe, after each cool-down. */
type Circuit = "closed" | "open";

/**
 * What happened in a client, told apart by `type`. Handing out a token that is at hand is no event. Durations are
 * whole milliseconds. `correlationId` is what the service's support asks for, if the service gave one.
 */
export type ClientEvent =
  /** An attempt begins. `attempt` counts those of its exchange, from 1. */
  | (ExchangeEvent<"exchange.start"> & {
      readonly reason: ExchangeReason;
      readonly attempt: number;
    })
  /** An attempt has brought a token. `durationMs` is how long the attempt took. */
  | (ExchangeEvent<"exchange.success"> & {
      readonly reason: ExchangeReason;
      readonly attempt: number;
      readonly correlationId?: string;
      readonly durationMs: number;
    })
  /** An attempt has failed. Or `credentials` has, before the first one: then `attempt` is 1, and none has begun. */
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
  /** An exchange begins that no caller waits for. */
  | (ExchangeEvent<"refresh.background"> & { readonly reason: ExchangeReason })
  /**
   * The service has rejected the keys. Calls get the token at hand, or fail at once; after each cool-down one of them
   * probes.
   */
  | (ExchangeEvent<"circuit.open"> & {
      readonly reason: AuthErrorCode;
      readonly correlationId?: string;
    })
  /** The service has accepted the keys, or `reset` was called. The latter belongs to no exchange. */
  | (ExchangeEvent<"circuit.close"> & { readonly reason: "accepted" })
  | (Event<"circuit.close"> & { readonly reason: "reset" })
  /**
   * After a failure no exchange begins for `durationMs`: calls fail at once with `reason`, or get the token at hand. It
   * ends early when that token is rejected or dropped. With a `store`, calls may look there once a second.
   */
  | (ExchangeEvent<"cooldown.start"> & {
      readonly reason: AuthErrorCode;
      readonly durationMs: number;
      readonly circuit: Circuit;
    })
  /**
   * The cool-down has ended. `over`: its time is up, which is told when the next exchange begins. `accepted`: an
   * earlier exchange has succeeded late. `reset`: `reset` was called.
   */
  | (Event<"cooldown.end"> & {
      readonly reason: "over" | "accepted" | "reset";
      readonly circuit: Circuit;
    })
  /** A request was answered with a 401. Its token is dropped. */
  | (Event<"token.rejected"> & { readonly correlationId?: string })
  /** A request is sent again with a newer token. */
  | (Event<"replay"> & { readonly correlationId?: string })
  /**
   * A 401 is handed back, and its request is not sent again. `cooldown`: the last new token got a 401 too, so nothing
   * is sent again for 5 s, doubling to 5 minutes. `body`: the body can't be sent again.
   */
  | (Event<"replay.withheld"> & {
      readonly reason: "cooldown" | "body";
      readonly correlationId?: string;
    })
  /** The store has a token. `durationMs` is how long it took. */
  | (ExchangeEvent<"store.hit"> & {
      readonly correlationId?: string;
      readonly durationMs: number;
    })
  /**
   * The store has no token of use: `unreadable`, it does not open; `clock`, this machine's clock is a minute or more
   * behind; `current`, it is the token at hand; `older`, it ends before that one.
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
  /** The store has failed, or took more than a second. */
  | (ExchangeEvent<"store.error"> & {
      readonly reason: `${"get" | "set" | "delete"}.${"timeout" | "failed"}`;
      readonly durationMs: number;
    });

/** What a client is in, for health checks and dashboards. It holds no secret. */
export interface ClientState {
  /**
   * `none`: there is none, or it was rejected or dropped. `fresh`: handed out at once. `refresh-soon`: handed out
   * while a new one is got. `expiring`: in its last 5 % (at most 30 s), waited over for a second. `expired`: not
   * handed out any more; that begins 2 % of its lifetime before its end, at most 2 s. After `close`: `none`.
   */
  readonly token: "none" | "fresh" | "refresh-soon" | "expiring" | "expired";
  /** When the token ends, in epoch milliseconds of this machine's own clock; `null` without one. */
  readonly expiresAtMs: number | null;
  /** Whether an exchange is under way. */
  readonly exchanging: boolean;
  /** `open` after the service has rejected the keys, until it accepts them or `reset` is called. */
  readonly circuit: Circuit;
  /** Until when a cool-down holds the next exchange back, in epoch milliseconds; `null` when none does. */
  readonly retryAtMs: number | null;
  /**
   * The code with which the last exchange has failed; `null` when it succeeded, or after `reset`. A token of the
   * store changes neither this nor `circuit`.
   */
  readonly lastFailure: AuthErrorCode | null;
}

/**
 * Keeps a valid token at hand. Safe to share by any number of concurrent requests. Its methods work unbound too:
 * `const { fetch } = client`.
 */
export interface Client extends Disposing {
  /**
   * Returns a token that is good now: the one at hand, at once, or what comes of one exchange that all callers share.
   * Each caller waits for `deadlineMs` at most.
   *
   * Rejects with an {@link AuthError}, also with one of an earlier exchange while a retry would be
   * too early, or with the reason of `signal`, which ends this caller's wait only. The caller that makes
   * the exchange rejects with the framework's object, as {@link authenticate} does; the next one that
   * waits makes another exchange.
   */
  getToken(options?: {
    signal?: AbortSignal | undefined;
    waitUntil?: ((promise: Promise<unknown>) => void) | undefined;
  }): Promise<Token>;
  /**
   * The platform's fetch, with the token. A path is appended to `baseUrl`; a whole address must
   * lie under it (`P4P_FORBIDDEN_ORIGIN`). A redirect is returned, never followed.
   *
   * A request is sent again in one case only: the answer is a 401, a newer token can be had, and
   * the body can be sent again (not a stream, not a `Request` with a body). It is sent once more.
   * After no other answer, and after no failure, is it sent again, and none is hidden.
   * An `Authorization` header of the caller's own is left alone and turns all of this off.
   *
   * **Without `requestTimeoutMs` it has no time-out**, as the platform's fetch has none: give it a `signal`, or the
   * client a `requestTimeoutMs`. When that time is up, the request is aborted, the promise rejects with a
   * `DOMException` named `TimeoutError`, and nothing is sent again. The service may still have got the
   * request: look a payment up before you send it anew.
   *
   * All of `init` reaches the fetch as it was given, also beside a `Request`, but for `redirect`, which is `"manual"`,
   * and `Host`, which does not leave with the token. A body is copied; one that the platform would send as a text like
   * `[object Object]` is refused (`P4P_INVALID_OPTIONS`).
   *
   * Runtimes that send a request again by themselves are kept from it, for every method but GET, HEAD and OPTIONS. Node
   * and edge-runtime would after a 421: they get the body as a stream, but a `fetch` option gets it as given. Deno, Bun
   * and workerd would when a connection breaks that had been used before: Deno gets a `client`, Bun
   * `keepalive: false`, workerd an empty stream where a PUT or DELETE has no body. Nothing keeps a browser from
   * it: Chromium sends any request again, also a POST, after a 408, after a 421, and when a connection breaks before
   * any answer. Pay from a server.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Drops a token if it is still the current one; without argument, whatever is current. */
  invalidate(token?: Token): void;
  /** Closes the circuit and forgets cool-downs: whatever was wrong has been put right. */
  reset(): void;
  /** Returns the client's current state. Never throws and asks nobody, also after `close`. */
  state(): ClientState;
  /** Ends all waits with `P4P_CLOSED` and frees what the client holds. May be called again; `using`
   * calls it too. */
  close(): void;
}

/**
 * A client that keeps a token at hand: one exchange for any number of callers, refreshed before it
 * ends. Asks nothing until its first use.
 * @throws AuthError `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`, `P4P_BROWSER_REFUSED`
 */
export function createClient(options: ClientOptions | ClientOptionsWithCredentials): Client;

/**
 * The claims of a JWT, for display and routing. **It verifies nothing**: the signature can be
 * checked by the service alone, so never decide by a claim whether somebody may do something.
 * @throws AuthError `P4P_BAD_TOKEN`
 */
export function decodeClaims(token: string): TokenClaims;

/** Whether `value` is an {@link AuthError}, also one of another realm or another copy of this package. */
export function isAuthError(value: unknown): value is AuthError;

/** The version of this package. */
export const VERSION: string;
