// The Durable Object that holds the keys and the token. It logs its events.
import type { ClientEvent } from "pay4power-auth";
import { TokenCoordinator as Coordinator, type CoordinatorState } from "pay4power-auth/cloudflare";

export class TokenCoordinator extends Coordinator {
  constructor(state: CoordinatorState, env: unknown) {
    super(state, env, { onEvent: eventLogger("coordinator") });
  }
}

/** Returns a listener that logs each event. The package puts no secret into events. */
export function eventLogger(source: "coordinator" | "isolate"): (event: ClientEvent) => void {
  return ({ type, ...details }) => console.log({ event: type, source, ...details });
}
