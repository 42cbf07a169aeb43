import { emitter } from "./events.js";
import { serviceOf } from "./exchange.js";
import { authorizedFetch } from "./fetch.js";
import {
  checkOptions,
  identityOf,
  type Policy,
  type Snapshot,
  secretsOf,
  snapshot,
} from "./options.js";
import type { ClientOptions, Client as PublicClient } from "./public.js";
import { Rejected } from "./rejected.js";
import { Shelf } from "./shelf.js";
import { type GetTokenOptions, TokenSource } from "./source.js";
import type { Token } from "./token.js";

type Fetch = typeof globalThis.fetch;

export class Client implements PublicClient {
  static readonly name = "Client";
  readonly #source: TokenSource;
  readonly #baseUrl: string | null;
  readonly #fetch: Fetch | undefined;

  constructor(source: TokenSource, baseUrl: string | null, fetch: Fetch | undefined) {
    this.#source = source;
    this.#baseUrl = baseUrl;
    this.#fetch = fetch;
  }

  getToken(options?: GetTokenOptions): Promise<Token> {
    return this.#source.getToken(options);
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const send = this.#fetch ?? globalThis.fetch;
    return authorizedFetch(this.#source, this.#baseUrl, send, input, init);
  }

  invalidate(token?: Token): void {
    this.#source.invalidate(token);
  }

  reset(): void {
    this.#source.reset();
  }

  close(): void {
    this.#source.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export function createClient(options: ClientOptions): PublicClient {
  const { signal, ...own } = snapshot(options);
  const policy = checkOptions(own);
  return new Client(sourceOf(own, policy), policy.baseUrl, own.fetch as Fetch | undefined);
}

/** Tokens of the service itself, shared through a store if there is one. */
export function sourceOf(options: Snapshot, policy: Policy): TokenSource {
  const { onEvent, waitUntil, store } = options as ClientOptions;
  const rejected = store && new Rejected();
  const identity = identityOf(options, policy);
  const shelf = rejected && new Shelf(store, identity, rejected, emitter(onEvent));
  const origin = serviceOf(options);
  const secrets = secretsOf(options);
  return new TokenSource({ policy, origin, shelf, rejected, secrets, onEvent, waitUntil });
}
