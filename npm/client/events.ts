// Tells a listener what happens.
import type { ClientEvent } from "../types/index.js";

type Names<Event> = Event extends unknown ? keyof Event : never;
type Details = { readonly [name in Names<ClientEvent>]?: unknown };
export type Emit = (type: ClientEvent["type"], details: Details) => void;

/** Details that are `null` are left out. What the listener throws, at once or later, is ignored. */
export function emitter(onEvent: unknown): Emit {
  if (typeof onEvent !== "function") {
    return () => {};
  }
  return (type, details) => {
    const known = Object.entries(details)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [
        name,
        name === "durationMs" ? Math.max(0, Math.round(value as number)) : value,
      ]);
    try {
      const done: unknown = onEvent({ type, atMs: Date.now(), ...Object.fromEntries(known) });
      (done as Promise<unknown> | undefined)?.catch?.(() => {});
    } catch {
      // Whoever listens breaks nothing.
    }
  };
}
