// Passes the events of a client to its listener.
import type { ClientEvent } from "../types/index.js";

type Names<Event> = Event extends unknown ? keyof Event : never;
type Details = { readonly [name in Names<ClientEvent>]?: unknown };
export type Emit = (type: ClientEvent["type"], details: Details) => void;

/**
 * Returns a function that passes an event to the listener `onEvent`. It leaves out details that are `null`. It ignores
 * errors of the listener, thrown or rejected.
 */
export function emitter(onEvent: unknown): Emit {
  if (typeof onEvent !== "function") {
    return () => {};
  }
  return (type, details) => {
    const members = Object.entries(details)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [
        name,
        name === "durationMs" ? Math.max(0, Math.round(value as number)) : value,
      ]);
    try {
      const done: unknown = onEvent({ type, atMs: Date.now(), ...Object.fromEntries(members) });
      (done as Promise<unknown> | undefined)?.catch?.(() => {});
    } catch {
      // A defect of the listener must not break the client.
    }
  };
}
