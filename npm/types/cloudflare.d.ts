/**
 * For Cloudflare Workers: a Durable Object that keeps one token for all isolates, and a store in Workers KV.
 * @packageDocumentation
 */
import type { Client, ClientOptions, ClientOptionsWithCredentials, TokenStore } from "./index.js";
import type { Request, RequestInit, Response, URL } from "./platform.js";

/** The part of a `KVNamespace` that {@link kvStore} uses. */
export interface KeyValueNamespace {
  /** Returns the text under `key`; `null` without one. */
  get(key: string): Promise<string | null>;
  /** Stores `value` under `key`. `expirationTtl` is its lifetime in seconds, at least 60. */
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
  /** Removes the value under `key`. */
  delete(key: string): Promise<void>;
}

/**
 * Returns a store in a KV namespace, for `store` of `createClient`. Its keys are 64 hexadecimal digits, so the namespace
 * may hold other data too.
 *
 * A value that one place writes may take a minute or more to reach other places
 * (https://developers.cloudflare.com/kv/concepts/how-kv-works/). So KV saves most exchanges, but not all. KV keeps every
 * value for at least 60 seconds. The client never hands out a stored token that has ended or that it remembers as rejected.
 * @throws AuthError `P4P_INVALID_OPTIONS` if `namespace` lacks one of these methods
 * @example
 * ```ts
 * import { createClient } from "pay4power-auth";
 * import { type KeyValueNamespace, kvStore } from "pay4power-auth/cloudflare";
 *
 * type Env = { TOKENS: KeyValueNamespace; PUBLIC_KEY: string; PRIVATE_KEY: string };
 *
 * export const clientOf = ({ TOKENS, PUBLIC_KEY: publicKey, PRIVATE_KEY: privateKey }: Env) =>
 *   createClient({ publicKey, privateKey, store: kvStore(TOKENS) });
 * ```
 */
export function kvStore(namespace: KeyValueNamespace): TokenStore;

/** The part of a Durable Object's state that {@link TokenCoordinator} uses. */
export interface CoordinatorState {
  /** The storage of the object. It holds the sealed token. */
  readonly storage: {
    /** Returns the value under `key`; `undefined` without one. */
    get(key: string): Promise<unknown>;
    /** Stores `value` under `key`. */
    put(key: string, value: unknown): Promise<void>;
    /** Returns the values whose keys begin with `prefix`. */
    list(options: { prefix: string }): Promise<Map<string, unknown>>;
    /** Removes the values under `keys`. */
    delete(keys: string[]): Promise<number>;
    /** Has Cloudflare call `alarm` at `atMs`, in epoch milliseconds. */
    setAlarm(atMs: number): Promise<void>;
  };
  /** Keeps the object running until `promise` ends. */
  waitUntil(promise: Promise<unknown>): void;
}

/** The options of a {@link TokenCoordinator}. The object takes absent keys and addresses from its environment. */
export interface CoordinatorOptions
  extends Partial<Omit<ClientOptions, "baseUrl" | "requestTimeoutMs" | "store" | "waitUntil">> {
  /**
   * Returns the keys, for example from a Cloudflare Secrets Store; see {@link ClientOptionsWithCredentials}. Default: the
   * object reads the keys from its environment. With this option it ignores the keys of the environment.
   */
  credentials?: ClientOptionsWithCredentials["credentials"] | undefined;
}

/**
 * A Durable Object that holds the keys and makes the exchanges for all isolates. An alarm refreshes the token
 * before it ends, so that requests need not wait. The object keeps the token, sealed, in its own storage. Export the
 * class from a Worker, bind it, and ask it with {@link coordinatorClient}. Only code with that binding can reach it.
 *
 * It reads the secrets `PAY4POWER_PUBLIC_KEY` and `PAY4POWER_PRIVATE_KEY` from its Worker's environment, and
 * `PAY4POWER_ENVIRONMENT`, `PAY4POWER_TOKEN_URL` and `PAY4POWER_AUTHORIZATION` if they are set. A subclass may pass these, or any other option, as
 * the third argument. If one is wrong, each request for a token fails with `P4P_INVALID_OPTIONS`, and the message names
 * the secret.
 *
 * The object stores the token only. It keeps failures (rejected keys, a `Retry-After`, cool-downs) in memory. Cloudflare
 * may evict an object at any time, and evicts an idle one. The next object then makes at most one more exchange, with
 * its retries, before it knows of the failure again.
 */
export class TokenCoordinator {
  /**
   * Cloudflare calls it with the first two arguments. A subclass may pass `options`. If an option or a secret is wrong,
   * each request for a token fails with `P4P_INVALID_OPTIONS`.
   */
  constructor(state: CoordinatorState, env: unknown, options?: CoordinatorOptions);
  /** Answers the messages of {@link coordinatorClient}. The answer to a message holds a token or an error. */
  fetch(request: Request): Promise<Response>;
  /** Refreshes the token. Cloudflare calls it at the token's refresh point, and again after a failed refresh. */
  alarm(): Promise<void>;
  /** Marks a Durable Object for Cloudflare's types. It does not exist at run time. */
  readonly __DURABLE_OBJECT_BRAND: never;
}

/** The part of a `DurableObjectNamespace` that {@link coordinatorClient} uses. */
export interface CoordinatorNamespace {
  /** Returns the id of the object with this name. */
  idFromName(name: string): unknown;
  /** Returns the object with this id. */
  get(id: never): {
    /** Sends the object a message. */
    fetch(address: string, init: RequestInit): Promise<Response>;
  };
}

/** The options of {@link coordinatorClient}. */
export interface CoordinatorClientOptions
  extends Pick<ClientOptions, "fetch" | "requestTimeoutMs" | "onEvent" | "waitUntil"> {
  /**
   * The name of the object. Default `"default"`; not blank. All objects of one class have the same keys, so another name
   * means one more exchange with the same keys. For several merchants bind several classes: subclasses of
   * {@link TokenCoordinator} with different keys.
   */
  name?: string | undefined;
  /**
   * The address to which `client.fetch` may send the token, with all addresses below it. Required. https, or http to a
   * loopback host.
   */
  baseUrl: string | URL;
}

/**
 * Returns a client without keys: it gets its tokens from the {@link TokenCoordinator} behind `namespace`, and keeps a copy
 * until shortly before the token ends. If a request gets a 401, the client reports the token to the object, which makes
 * one exchange for all isolates. If the service rejected the keys, the object answers all isolates with that error at
 * once, without a request to the service.
 *
 * The object, not this client, remembers failures of the service. So `state` and the events of this client show no open
 * circuit, and cool-downs of 1 s only.
 *
 * The errors are those of `createClient`. Four codes may also be about the object:
 *
 * - `P4P_TIMEOUT`: the object did not answer within 10 s, in up to 6 attempts and at most 30 s.
 * - `P4P_NETWORK`: the client could not reach the object, in up to 6 attempts and at most 30 s.
 * - `P4P_SERVICE_UNAVAILABLE`: the object is overloaded. The client does not retry, and asks again after 1 s at the
 *   earliest.
 * - `P4P_BAD_RESPONSE`: the object answered with neither a token nor an error. The client checks the object's answers as
 *   it checks those of the service.
 * @throws AuthError `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`
 * @example
 * ```ts
 * import { type CoordinatorNamespace, coordinatorClient } from "pay4power-auth/cloudflare";
 *
 * export { TokenCoordinator } from "pay4power-auth/cloudflare";
 *
 * type Env = { COORDINATOR: CoordinatorNamespace; BASE_URL: string };
 *
 * export const clientOf = ({ COORDINATOR, BASE_URL: baseUrl }: Env) =>
 *   coordinatorClient(COORDINATOR, { baseUrl, requestTimeoutMs: 30_000 });
 * ```
 */
export function coordinatorClient(
  namespace: CoordinatorNamespace,
  options: CoordinatorClientOptions,
): Client;
