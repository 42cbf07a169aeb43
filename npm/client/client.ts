// The client that `createClient` returns, and the parts that it is made of.
import { Addresses } from "../fetch/addresses.js";
import { authorizedFetch, type Sender } from "../fetch/authorized-fetch.js";
import { draftOf, withSignal } from "../fetch/request.js";
import { withHeadersTimeout } from "../fetch/time-out.js";
import { Transport } from "../fetch/transport.js";
import type { ClientPolicy } from "../generated/core.js";
import { CLIENT_OPTIONS, checkOptions, ownOptionsOf, type Snapshot } from "../options.js";
import { SealedStore } from "../stores/sealed-store.js";
import type { Token } from "../token.js";
import type {
  ClientOptions,
  ClientOptionsWithCredentials,
  ClientState,
  Client as PublicClient,
} from "../types/index.js";
import type { GetTokenOptions } from "./caller.js";
import { KeySource } from "./key-source.js";
import { RejectedTokens } from "./rejected-tokens.js";
import { ServiceIssuer } from "./service-issuer.js";
import { TokenSource } from "./token-source.js";

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
  readonly #sender: Sender;
  readonly #requestTimeoutMs: number | undefined;

  /** Expects a `requestTimeoutMs` that was checked, in milliseconds. */
  constructor(
    source: TokenSource,
    baseUrl: string | null,
    transport: Transport,
    requestTimeoutMs: unknown,
  ) {
    this.#sender = { source, addresses: new Addresses(baseUrl), transport };
    this.#requestTimeoutMs = requestTimeoutMs as number | undefined;
    for (const name of METHODS) {
      // A bound method also works without its client. V8 13.6 (Node 24) refuses one in a `using`.
      const bound = (this[name] as () => unknown).bind(this);
      const value = name === Symbol.dispose ? () => bound() : bound;
      // Inspectors hide a property that is not enumerable.
      const descriptor = { __proto__: null, value, writable: true, configurable: true };
      Object.defineProperty(this, name, descriptor);
    }
  }

  getToken(options?: GetTokenOptions): Promise<Token> {
    return this.#sender.source.getToken(options);
  }

  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    try {
      const draft = draftOf(input, init);
      return this.#requestTimeoutMs === undefined
        ? authorizedFetch(this.#sender, draft)
        : withHeadersTimeout(
            this.#requestTimeoutMs,
            draft.mergedInit.signal ?? undefined,
            (signal) => authorizedFetch(this.#sender, withSignal(draft, signal)),
          );
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  invalidate(token?: Token): void {
    this.#sender.source.invalidate(token);
  }

  reset(): void {
    this.#sender.source.reset();
  }

  state(): ClientState {
    return this.#sender.source.state();
  }

  close(): void {
    this.#sender.source.close();
    this.#sender.transport.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Returns the object that `console.log` shows on Node, Deno and Bun. */
  [Symbol.for("nodejs.util.inspect.custom")](): object {
    return this.state();
  }
}

export function createClient(options: ClientOptions | ClientOptionsWithCredentials): PublicClient {
  const ownOptions = ownOptionsOf(options, CLIENT_OPTIONS);
  const policy = checkOptions(ownOptions);
  const transport = new Transport(ownOptions.fetch);
  const source = sourceOf(ownOptions, policy, transport);
  return new Client(source, policy.baseUrl, transport, ownOptions.requestTimeoutMs);
}

/** Returns a source of tokens that come from the service itself and are shared through the store, if there is one. */
export function sourceOf(
  options: Snapshot,
  policy: ClientPolicy,
  transport: Transport,
): TokenSource {
  const { onEvent, waitUntil, store } = options as ClientOptions;
  const rejectedTokens = store && new RejectedTokens();
  const keySource = new KeySource(options);
  const sealedStore = rejectedTokens && new SealedStore(store, keySource, policy, rejectedTokens);
  const issuer = new ServiceIssuer(keySource, policy.timeoutMs, transport);
  return new TokenSource({
    policy,
    issuer,
    sealedStore,
    rejectedTokens,
    keySource,
    onEvent,
    waitUntil,
  });
}
