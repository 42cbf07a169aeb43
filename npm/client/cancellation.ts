// The cancellation of an exchange.

/**
 * Cancels an exchange. The core uses it as an `AbortSignal`. It is not a real one: on Workers only the request
 * that made a real signal may abort it, but a later request must be able to cancel this exchange.
 */
export class Cancellation extends EventTarget {
  aborted = false;

  /** Resolves when the exchange is cancelled. */
  cancelled(): Promise<unknown> {
    return new Promise((resolve) => this.addEventListener("abort", resolve));
  }

  cancel(): void {
    if (!this.aborted) {
      this.aborted = true;
      this.dispatchEvent(new Event("abort"));
    }
  }
}
