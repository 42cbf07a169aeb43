// Listeners of the signals that callers give.

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
