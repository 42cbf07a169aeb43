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

/** What is to be called when a signal aborts, and the one listener that the signal has for all of it. */
interface Listening {
  readonly all: Set<() => void>;
  readonly ring: () => void;
}
const listening = new WeakMap<AbortSignal, Listening>();

/**
 * Calls `listener`, which no other call has, when the caller's `signal` aborts. Returns a function that removes it.
 * However many there are, the signal has one: Node warns of a leak at the eleventh. A caller's own kind of signal may
 * throw at either: `onAbort` ignores that.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) {
    return () => {};
  }
  const { all, ring } = listening.get(signal) ?? listeningTo(signal);
  try {
    if (all.size === 0) {
      signal.addEventListener("abort", ring);
    }
  } catch {}
  all.add(listener);
  return () => {
    try {
      if (all.delete(listener) && all.size === 0) {
        signal.removeEventListener("abort", ring);
      }
    } catch {}
  };
}

function listeningTo(signal: AbortSignal): Listening {
  const all = new Set<() => void>();
  const ring = () => {
    for (const listener of [...all]) {
      listener();
    }
  };
  listening.set(signal, { all, ring });
  return { all, ring };
}
