import type { AuthError } from "../errors.js";
import type { LifecycleState } from "../generated/core.js";
import type { Emit } from "./events.js";

/** Emits `circuit.open`, and `cooldown.start` and `cooldown.end` in pairs. */
export class CooldownEvents {
  readonly #emit: Emit;
  readonly #state: () => LifecycleState | undefined;
  /** `cooldown.start` was emitted, and its `cooldown.end` was not. */
  #isCooling = false;

  constructor(emit: Emit, state: () => LifecycleState | undefined) {
    this.#emit = emit;
    this.#state = state;
  }

  /** After a failed exchange. Asks for the state first: a listener may have reset the client by now. */
  begin({ code: reason, correlationId }: AuthError, hasOpened: boolean, emit: Emit): void {
    const { retryInMs = null, circuit } = this.#state() ?? {};
    if (hasOpened && circuit === "open") {
      emit("circuit.open", { reason, correlationId });
    }
    if (this.#isCooling) {
      this.#emit("cooldown.end", { reason: "over", circuit }); // it ended while the leader read the store
    }
    this.#isCooling = retryInMs !== null;
    if (retryInMs !== null) {
      emit("cooldown.start", { reason, durationMs: retryInMs, circuit });
    }
  }

  /** Ends the cool-down, unless the lifecycle still keeps it. */
  end(reason: "over" | "accepted" | "reset"): void {
    const { retryInMs = null, circuit = "closed" } = (this.#isCooling && this.#state()) || {};
    if (this.#isCooling && retryInMs === null) {
      this.#isCooling = false;
      this.#emit("cooldown.end", { reason, circuit });
    }
  }
}
