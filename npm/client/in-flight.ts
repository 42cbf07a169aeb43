// The in-flight exchange of a client.
import type { AuthError } from "../errors.js";
import type { ExchangeStart } from "../generated/core.js";
import { isWorkers } from "../runtime.js";
import { Cancellation } from "./cancellation.js";

/** How often the leading request checks, on Workers, that no other request has closed the client, in milliseconds. */
const CLOSED_CHECK_MS = 100;

/**
 * The in-flight exchange, as its waiters see it. On Workers, requests can share only plain values and a promise that
 * this package never rejects (workerd may: see `Exchanges.endOf`).
 */
export class InFlight {
  /** The lifecycle's number of the exchange. */
  readonly exchange: number;
  readonly reason: ExchangeStart["reason"];
  readonly cancellation = new Cancellation();
  /** Belongs to the request that leads: only `Exchanges` waits for it. */
  readonly ended: Promise<void>;
  /** The leader's write to the store. It begins when the exchange has ended. */
  writing: Promise<void> | undefined;
  /** A defect. The waiters of this exchange throw it. Later callers do not. */
  defect: AuthError | undefined;
  /** The failure of the exchange. */
  failure: AuthError | undefined;
  /** A framework's control flow. The leader rejects with it. The other callers ask again. */
  controlFlow: unknown;
  #resolve = () => {};

  constructor({ exchange, reason }: ExchangeStart) {
    this.exchange = exchange;
    this.reason = reason;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Ends all waits for the exchange. */
  end(): void {
    this.#resolve();
  }

  /** Cancels the exchange and ends all waits for it. On Workers only the leading request may call this. */
  stop(): void {
    this.end();
    this.cancellation.cancel();
  }

  /** Stops the exchange when another request closes the client, on Workers. Returns a function that ends the check. */
  stopWhenClosed(isClosed: () => boolean): () => void {
    let timer: ReturnType<typeof setInterval> | undefined;
    try {
      timer = isWorkers()
        ? setInterval(() => isClosed() && this.stop(), CLOSED_CHECK_MS)
        : undefined;
    } catch {
      // A Worker's global scope allows no timer. The exchange reports that.
    }
    return () => clearInterval(timer);
  }
}
