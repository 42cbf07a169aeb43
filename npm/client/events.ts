// Passes the events of a client to its listener.
import type { ClientEvent } from "../types/index.js";

type EventType = ClientEvent["type"];

/** The event of a type, or the union of its variants. */
export type EventOf<Type extends EventType> = Extract<ClientEvent, { readonly type: Type }>;

/** The types of the events of an exchange. */
type ExchangeEventType = Extract<ClientEvent, { readonly exchangeId: number }>["type"];

/** The members that the caller of `emit` gives. It gives `null` for an optional member that is absent. */
type DetailsOf<Event, Omitted extends string = never> = Event extends unknown
  ? {
      readonly [name in Exclude<
        keyof Event,
        "type" | "atMs" | Omitted
      >]: undefined extends Event[name] ? Exclude<Event[name], undefined> | null : Event[name];
    }
  : never;

/** Emits an event of a client. */
export type Emit = <Type extends EventType>(type: Type, details: DetailsOf<EventOf<Type>>) => void;

/** Emits an event of an exchange, with the exchange's `exchangeId`. */
export type ExchangeEmit = <Type extends ExchangeEventType>(
  type: Type,
  details: DetailsOf<Extract<EventOf<Type>, { readonly exchangeId: number }>, "exchangeId">,
) => void;

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

/** Returns a function that emits the events of one exchange. */
export const exchangeEmitter = (emit: Emit, exchangeId: number): ExchangeEmit =>
  ((type: EventType, details: object) =>
    emit(type, { exchangeId, ...details } as never)) as ExchangeEmit;
