/**
 * Ends an exchange. For the core it is an `AbortSignal`; it is none, since on Workers only the request
 * that made one may abort it, and whoever takes over from a leader that is gone must end what that left.
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
