// The events about cool-downs and about the circuit.
import type { AuthError } from "../errors.js";
import type { LifecycleState } from "../generated/core.js";
import type { Emit } from "./events.js";

/** Emits `circuit.open`. Emits `cooldown.start` and `cooldown.end` in pairs. */
export class CooldownEvents {
  readonly #emit: Emit;
  readonly #state: () => LifecycleState | undefined;
  /** True if `cooldown.start` was emitted and its `cooldown.end` was not. */
  #isCooling = false;

  constructor(emit: Emit, state: () => LifecycleState | undefined) {
    this.#emit = emit;
    this.#state = state;
  }

  /**
   * Emits the events after a failed exchange. Reads the state first: a listener of an earlier event may have reset the
   * client.
   */
  begin({ code: reason, correlationId }: AuthError, hasOpenedCircuit: boolean, emit: Emit): void {
    const { retryInMs = null, circuit } = this.#state() ?? {};
    if (hasOpenedCircuit && circuit === "open") {
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

  /** Emits `cooldown.end`, unless the lifecycle still reports the cool-down. */
  end(reason: "over" | "accepted" | "reset"): void {
    const { retryInMs = null, circuit = "closed" } = (this.#isCooling && this.#state()) || {};
    if (this.#isCooling && retryInMs === null) {
      this.#isCooling = false;
      this.#emit("cooldown.end", { reason, circuit });
    }
  }
}
