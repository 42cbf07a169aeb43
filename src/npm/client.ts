import { authorizedFetch } from "./fetch.js";
import { checkOptions, snapshot } from "./options.js";
import type { ClientOptions, Client as PublicClient } from "./public.js";
import { type GetTokenOptions, TokenSource } from "./source.js";
import type { Token } from "./token.js";

type Fetch = typeof globalThis.fetch;

class Client implements PublicClient {
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
  return new Client(new TokenSource(own, policy), policy.baseUrl, own.fetch as Fetch | undefined);
}
