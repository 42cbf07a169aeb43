// A token cache as many projects write it by hand.
import type { Issued } from "./hand-written-exchange.ts";

/** Caches a token, makes one exchange for all callers, and retries once after a 401. */
export class HandWritten {
  readonly #exchange: () => Promise<Issued>;
  readonly #send: typeof fetch;
  readonly #renewEarlyMs: number;
  #token: Issued | undefined;
  #pending: Promise<Issued> | undefined;

  constructor(exchange: () => Promise<Issued>, send: typeof fetch, renewEarlyMs: number) {
    this.#exchange = exchange;
    this.#send = send;
    this.#renewEarlyMs = renewEarlyMs;
  }

  async getToken(): Promise<Issued> {
    if (this.#token && Date.now() < this.#token.expiresAtMs - this.#renewEarlyMs) {
      return this.#token;
    }
    this.#pending ??= this.#renew();
    return this.#pending;
  }

  async fetch(url: string, init?: RequestInit): Promise<Response> {
    const used = await this.getToken();
    const response = await this.#sendWith(used, url, init);
    if (response.status !== 401) {
      return response;
    }
    if (this.#token === used) {
      this.#token = undefined;
    }
    return this.#sendWith(await this.getToken(), url, init);
  }

  async #renew(): Promise<Issued> {
    try {
      this.#token = await this.#exchange();
      return this.#token;
    } finally {
      this.#pending = undefined;
    }
  }

  #sendWith({ token }: Issued, url: string, init?: RequestInit): Promise<Response> {
    const headers = new Headers(init?.headers);
    headers.set("Authorization", `Bearer ${token}`);
    const send = this.#send; // a platform's fetch must be called unbound
    return send(url, { ...init, headers });
  }
}
