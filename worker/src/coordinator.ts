// The Durable Object that holds the keys. It logs its events.
import { TokenCoordinator as Coordinator, type CoordinatorState } from "pay4power-auth/cloudflare";
import { eventLogger } from "./log.ts";

export class TokenCoordinator extends Coordinator {
  constructor(state: CoordinatorState, env: unknown) {
    super(state, env, { onEvent: eventLogger("coordinator") });
  }
}
