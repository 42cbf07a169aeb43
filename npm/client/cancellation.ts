// Cancels exchanges, and listens to the abort signals of callers.
/**
 * Cancels an exchange. The core uses it as an `AbortSignal`. It is not a real one: on Workers only the request
 * that made a real signal may abort it, but a later request must be able to cancel this exchange.
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

/** The listeners of a signal. The signal itself has one listener, `callAll`, which calls all of them. */
interface AbortListeners {
  readonly listeners: Set<() => void>;
  readonly callAll: () => void;
}
const listenersOf = new WeakMap<AbortSignal, AbortListeners>();

/**
 * Calls `listener` when the caller's `signal` aborts. Returns a function that removes the listener. Each call needs a
 * different `listener`. The signal itself gets one listener only, because Node warns of a leak at the eleventh. A
 * signal of the caller's own class may throw when a listener is added or removed. `onAbort` ignores that.
 */
export function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal === undefined) {
    return () => {};
  }
  const { listeners, callAll } = listenersOf.get(signal) ?? addListeners(signal);
  try {
    if (listeners.size === 0) {
      signal.addEventListener("abort", callAll);
    }
  } catch {}
  listeners.add(listener);
  return () => {
    try {
      if (listeners.delete(listener) && listeners.size === 0) {
        signal.removeEventListener("abort", callAll);
      }
    } catch {}
  };
}

function addListeners(signal: AbortSignal): AbortListeners {
  const listeners = new Set<() => void>();
  const callAll = () => {
    for (const listener of [...listeners]) {
      listener();
    }
  };
  listenersOf.set(signal, { listeners, callAll });
  return { listeners, callAll };
}
