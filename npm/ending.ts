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

/**
 * Calls `listener` when the caller's `signal` aborts. Returns a function that removes the listener. A caller's
 * own kind of signal may throw at either: `onAbort` ignores that.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  try {
    signal?.addEventListener("abort", listener);
  } catch {}
  return () => {
    try {
      signal?.removeEventListener("abort", listener);
    } catch {}
  };
}
