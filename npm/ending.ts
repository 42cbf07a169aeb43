/**
 * Ends an exchange. The core uses it as an `AbortSignal`. It is not a real one: on Workers only the request
 * that made a real one may abort it, but a later request must be able to end this exchange.
 */
export class Ending extends EventTarget {
  aborted = false;

  end(): void {
    if (!this.aborted) {
      this.aborted = true;
      this.dispatchEvent(new Event("abort"));
    }
  }
}
