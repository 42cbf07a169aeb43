import { Credentials } from "./credentials.js";
import { authorizedFetch, signalOf } from "./fetch.js";
import type { Addresses, ClientPolicy } from "./generated/core.js";
import { CLIENT_OPTIONS, checkOptions, type Snapshot, snapshot } from "./options.js";
import type {
  ClientOptions,
  ClientOptionsWithCredentials,
  ClientState,
  Client as PublicClient,
} from "./public.js";
import { Rejected } from "./rejected.js";
import { Resident } from "./resident.js";
import { Service } from "./service.js";
import { Shelf } from "./shelf.js";
import { type GetTokenOptions, TokenSource } from "./source.js";
import { untilHeaders } from "./time-out.js";
import type { Token } from "./token.js";

type Fetch = typeof globalThis.fetch;

const METHODS = [
  "getToken",
  "fetch",
  "invalidate",
  "reset",
  "state",
  "close",
  Symbol.dispose,
] as const;

export class Client implements PublicClient {
  static readonly name = "Client";
  readonly #source: TokenSource;
  readonly #addresses: Resident<Addresses>;
  readonly #fetch: Fetch | undefined;
  readonly #timeoutMs: number | undefined;

  /** With options that were checked. */
  constructor(source: TokenSource, baseUrl: string | null, options: Snapshot) {
    this.#source = source;
    this.#addresses = new Resident((core) => new core.Addresses(baseUrl));
    const { fetch, requestTimeoutMs } = options as ClientOptions;
    this.#fetch = fetch as Fetch | undefined;
    this.#timeoutMs = requestTimeoutMs;
    for (const name of METHODS) {
      // Bound, each method works without its client too. An inspector shows no property that is not enumerable.
      const value = (this[name] as () => unknown).bind(this);
      Object.defineProperty(this, name, { value, writable: true, configurable: true });
    }
  }

  getToken(options?: GetTokenOptions): Promise<Token> {
    return this.#source.getToken(options);
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const send = this.#fetch ?? globalThis.fetch;
    const run = (signal?: AbortSignal) =>
      authorizedFetch(this.#source, this.#addresses, send, input, init, signal);
    return this.#timeoutMs === undefined
      ? run()
      : untilHeaders(this.#timeoutMs, signalOf(input, init), run);
  }

  invalidate(token?: Token): void {
    this.#source.invalidate(token);
  }

  reset(): void {
    this.#source.reset();
  }

  state(): ClientState {
    return this.#source.state();
  }

  close(): void {
    this.#source.close();
    this.#addresses.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export function createClient(options: ClientOptions | ClientOptionsWithCredentials): PublicClient {
  const own = snapshot(options, CLIENT_OPTIONS);
  const policy = checkOptions(own);
  return new Client(sourceOf(own, policy), policy.baseUrl, own);
}

/** Tokens of the service itself, shared through a store if there is one. */
export function sourceOf(options: Snapshot, policy: ClientPolicy): TokenSource {
  const { onEvent, waitUntil, store } = options as ClientOptions;
  const rejected = store && new Rejected();
  const credentials = new Credentials(options);
  const shelf = rejected && new Shelf(store, credentials, policy, rejected);
  const issuer = new Service(credentials, policy.timeoutMs);
  return new TokenSource({ policy, issuer, shelf, rejected, credentials, onEvent, waitUntil });
}
