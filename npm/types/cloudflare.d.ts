/**
 * For Cloudflare Workers: one token for a whole network, by a Durable Object, and a store in KV.
 * @packageDocumentation
 */
import type { Client, ClientOptions, ClientOptionsWithCredentials, TokenStore } from "./index.js";
import type { Request, RequestInit, Response, URL } from "./platform.js";

/** The part of a `KVNamespace` that {@link kvStore} uses. */
export interface KeyValueNamespace {
  get(key: string): Promise<string | null>;
  put(key: string, value: string, options: { expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/**
 * A KV namespace as a store, for `store` of `createClient`. Names are 64 hexadecimal digits, so that
 * it may be a namespace with other things in it.
 *
 * KV takes up to a minute, or more, to show elsewhere what was written, and keeps nothing for less
 * than a minute. So it saves exchanges but does not rule them out, and what it still holds of ended
 * or rejected tokens is not handed out.
 * @throws AuthError `P4P_INVALID_OPTIONS`
 */
export function kvStore(namespace: KeyValueNamespace): TokenStore;

/** The part of a Durable Object's state that {@link TokenCoordinator} uses. */
export interface CoordinatorState {
  readonly storage: {
    get(key: string): Promise<unknown>;
    put(key: string, value: unknown): Promise<void>;
    list(options: { prefix: string }): Promise<Map<string, unknown>>;
    delete(keys: string[]): Promise<number>;
    setAlarm(atMs: number): Promise<void>;
  };
  waitUntil(promise: Promise<unknown>): void;
}

/** What a {@link TokenCoordinator} may be told; what is not, it takes from its environment. */
export interface CoordinatorOptions
  extends Partial<Omit<ClientOptions, "baseUrl" | "requestTimeoutMs" | "store" | "waitUntil">> {
  /**
   * Gives the keys in place of the environment, as a Cloudflare Secrets Store does; see
   * {@link ClientOptionsWithCredentials}. The keys of the environment are not looked at then.
   */
  credentials?: ClientOptionsWithCredentials["credentials"] | undefined;
}

/**
 * A Durable Object that holds the keys and makes the exchanges for all isolates of a network. It
 * refreshes its token by an alarm, before that ends, so that requests find one; it keeps it, sealed,
 * in its own storage. Export the class from a Worker, bind it, and ask it with
 * {@link coordinatorClient}. It answers nobody but holders of that binding.
 *
 * It takes the secrets `PAY4POWER_PUBLIC_KEY` and `PAY4POWER_PRIVATE_KEY` from its Worker's
 * environment, and `PAY4POWER_ENVIRONMENT` and `PAY4POWER_TOKEN_URL` if they are there. A subclass
 * may give them, or any other option, as a third argument. What is wrong with them, it tells to
 * whoever asks for a token: `P4P_INVALID_OPTIONS` naming the secret.
 *
 * Only the token is stored. What went wrong (rejected keys, a `Retry-After`, how long to wait before
 * another try) is in the object's memory alone. Cloudflare evicts an object that nobody asks for a
 * while, and whenever it likes; a new one then makes at most one more exchange, with its retries,
 * before it knows again.
 */
export class TokenCoordinator {
  constructor(state: CoordinatorState, env: unknown, options?: CoordinatorOptions);
  /** Answers isolates. */
  fetch(request: Request): Promise<Response>;
  /** Refreshes the token. */
  alarm(): Promise<void>;
  /** By which Cloudflare's types know a Durable Object. Never there. */
  readonly __DURABLE_OBJECT_BRAND: never;
}

/** The part of a `DurableObjectNamespace` that {@link coordinatorClient} uses. */
export interface CoordinatorNamespace {
  idFromName(name: string): unknown;
  get(id: never): { fetch(address: string, init: RequestInit): Promise<Response> };
}

/** What {@link coordinatorClient} needs and what it may be told. */
export interface CoordinatorClientOptions
  extends Pick<ClientOptions, "fetch" | "requestTimeoutMs" | "onEvent" | "waitUntil"> {
  /**
   * The name of the object. Default `"default"`. Objects of one class have the same keys, whatever they
   * are called: for several merchants bind a class for each, a subclass of {@link TokenCoordinator}
   * with other keys. Another name means another exchange of the same keys.
   */
  name?: string | undefined;
  /** Where `client.fetch` may send the token: this address and what lies under it. https, or http to a loopback host. */
  baseUrl: string | URL;
}

/**
 * A client that has no keys: its tokens come from the {@link TokenCoordinator} behind `namespace`.
 * It keeps its own copy at hand until shortly before that ends. A token that was answered with a 401
 * is reported, and got anew once for all isolates; a rejection of the keys is told to all of them at
 * once, without a request to the service.
 *
 * What the service has rejected, the object remembers: `state` and events of this client tell of no open circuit, and
 * of a cool-down of 1 s only.
 *
 * Errors are those of `createClient`. Four may also be about the object: `P4P_TIMEOUT`, it did not
 * answer within 10 s, and `P4P_NETWORK`, it could not be reached, after up to 5 more tries in at most
 * 30 s; `P4P_SERVICE_UNAVAILABLE`, it has too much to do, at once, and without another try for 1 s;
 * `P4P_BAD_RESPONSE`, it answered with neither a token nor an error. What it answers is checked as the
 * service's answer is.
 * @throws AuthError `P4P_INVALID_OPTIONS`, `P4P_INSECURE_URL`
 */
export function coordinatorClient(
  namespace: CoordinatorNamespace,
  options: CoordinatorClientOptions,
): Client;
