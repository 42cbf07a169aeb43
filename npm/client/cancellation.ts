/**
 * Cancels an exchange. The core uses it as an `AbortSignal`. It is not a real one: on Workers only the request
 * that made a real one may abort it, but a later request must be able to cancel this exchange.
 */
export class Cancellation extends EventTarget {
  aborted = false;

  cancel(): void {
    if (!this.aborted) {
      this.aborted = true;
      this.dispatchEvent(new Event("abort"));
    }
  }
}

/** The listeners of a signal, and the one listener that the signal itself has: it calls all of them. */
interface AbortListeners {
  readonly all: Set<() => void>;
  readonly callAll: () => void;
}
const listenersOf = new WeakMap<AbortSignal, AbortListeners>();

/**
 * Calls `listener`, which no other call has, when the caller's `signal` aborts. Returns a function that removes it.
 * However many there are, the signal has one: Node warns of a leak at the eleventh. A caller's own kind of signal may
 * throw at either: `onAbort` ignores that.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) {
    return () => {};
  }
  const { all, callAll } = listenersOf.get(signal) ?? addListeners(signal);
  try {
    if (all.size === 0) {
      signal.addEventListener("abort", callAll);
    }
  } catch {}
  all.add(listener);
  return () => {
    try {
      if (all.delete(listener) && all.size === 0) {
        signal.removeEventListener("abort", callAll);
      }
    } catch {}
  };
}

function addListeners(signal: AbortSignal): AbortListeners {
  const all = new Set<() => void>();
  const callAll = () => {
    for (const listener of [...all]) {
      listener();
    }
  };
  listenersOf.set(signal, { all, callAll });
  return { all, callAll };
}
