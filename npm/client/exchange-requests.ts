// The requests of an exchange, as the core makes them.
import type { Init } from "../fetch/request.js";
import type { Transport } from "../fetch/transport.js";

/** Sends the requests of an exchange, one after the other. */
export class ExchangeRequests {
  readonly #transport: Transport;
  #controller: AbortController | undefined;
  #isOver = false;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The function `fetch` that the core calls. */
  readonly fetch = (address: string, init: Init): Promise<Response> => {
    const controller = new AbortController();
    this.#controller = controller;
    if (this.#isOver) {
      this.#abort();
    }
    init.signal?.addEventListener("abort", () => this.#abort());
    const answer = this.#send(
      address,
      Object.assign(init, uncached(), { signal: controller.signal }),
    );
    answer.catch(() => {}); // the core may trap before it waits for the answer
    return answer;
  };

  async #send(address: string, init: Init): Promise<Response> {
    const body = init.body as string;
    const overrides = await this.#transport.preventResend("POST", { body, copy: body }, init);
    overrides.addHeaders?.(init.headers as Headers);
    const { fetch } = this.#transport; // called unbound
    return await fetch(address, Object.assign(init, overrides.init?.()) as RequestInit);
  }

  /**
   * Aborts the last request and every later one. A core that has trapped can't abort them itself. If it is still on
   * the stack, it may send one more request.
   */
  abortAll(): void {
    this.#isOver = true;
    this.#abort();
  }

  #abort(): void {
    try {
      this.#controller?.abort();
    } catch {
      // On Workers, a request can't abort what another request has begun. That ends by itself.
    }
  }
}

let noStore: { readonly cache?: "no-store" } | undefined;

/**
 * Returns the options that keep an exchange out of caches: Next.js would write the token to disk, in the clear. Tests
 * once whether the runtime accepts `cache`, because older builds of workerd refuse it.
 */
function uncached(): { readonly cache?: "no-store" } {
  if (noStore === undefined) {
    const init = { cache: "no-store" } as const;
    try {
      new Request("https://example.com", init);
      noStore = init;
    } catch {
      noStore = {};
    }
  }
  return noStore;
}
