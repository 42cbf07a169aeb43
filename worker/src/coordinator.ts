// The Durable Object that holds the keys. What happens to its token is logged.
import { TokenCoordinator as Coordinator, type CoordinatorState } from "pay4power-auth/cloudflare";
import { eventsOf } from "./log.ts";

export class TokenCoordinator extends Coordinator {
  constructor(state: CoordinatorState, env: unknown) {
    super(state, env, { onEvent: eventsOf("coordinator") });
  }
}
