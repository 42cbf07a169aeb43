import { emitter } from "./events.js";
import { serviceOf } from "./exchange.js";
import { authorizedFetch, signalOf } from "./fetch.js";
import type { Addresses, ClientPolicy } from "./generated/core.js";
import {
  CLIENT_OPTIONS,
  checkOptions,
  identityOf,
  type Snapshot,
  secretsOf,
  snapshot,
} from "./options.js";
import type { ClientOptions, Client as PublicClient } from "./public.js";
import { Rejected } from "./rejected.js";
import { Resident } from "./resident.js";
import { Shelf } from "./shelf.js";
import { type GetTokenOptions, TokenSource } from "./source.js";
import { untilHeaders } from "./time-out.js";
import type { Token } from "./token.js";

type Fetch = typeof globalThis.fetch;

export class Client implements PublicClient {
  static readonly name = "Client";
  readonly #source: TokenSource;
  readonly #addresses: Resident<Addresses>;
  readonly #fetch: Fetch | undefined;
  readonly #timeoutMs: number | null;

  constructor(
    source: TokenSource,
    baseUrl: string | null,
    fetch: Fetch | undefined,
    timeoutMs: number | null,
  ) {
    this.#source = source;
    this.#addresses = new Resident((core) => new core.Addresses(baseUrl));
    this.#fetch = fetch;
    this.#timeoutMs = timeoutMs;
  }

  getToken(options?: GetTokenOptions): Promise<Token> {
    return this.#source.getToken(options);
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const send = this.#fetch ?? globalThis.fetch;
    const run = (signal?: AbortSignal) =>
      authorizedFetch(this.#source, this.#addresses, send, input, init, signal);
    return this.#timeoutMs === null
      ? run()
      : untilHeaders(this.#timeoutMs, signalOf(input, init), run);
  }

  invalidate(token?: Token): void {
    this.#source.invalidate(token);
  }

  reset(): void {
    this.#source.reset();
  }

  close(): void {
    this.#source.close();
    this.#addresses.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export function createClient(options: ClientOptions): PublicClient {
  const own = snapshot(options, CLIENT_OPTIONS);
  const policy = checkOptions(own);
  const { baseUrl, requestTimeoutMs } = policy;
  const source = sourceOf(own, policy);
  return new Client(source, baseUrl, own.fetch as Fetch | undefined, requestTimeoutMs);
}

/** Tokens of the service itself, shared through a store if there is one. */
export function sourceOf(options: Snapshot, policy: ClientPolicy): TokenSource {
  const { onEvent, waitUntil, store } = options as ClientOptions;
  const rejected = store && new Rejected();
  const identity = identityOf(options, policy);
  const shelf = rejected && new Shelf(store, identity, rejected, emitter(onEvent));
  const issuer = serviceOf(options);
  const secrets = secretsOf(options);
  return new TokenSource({ policy, issuer, shelf, rejected, secrets, onEvent, waitUntil });
}
