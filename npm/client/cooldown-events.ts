// The events about cool-downs and about the circuit.
import type { AuthError } from "../errors.js";
import type { ExchangeEmit } from "./events.js";
import type { SourceContext } from "./source-parts.js";

/** Emits `circuit.open`. Emits `cooldown.start` and `cooldown.end` in pairs. */
export class CooldownEvents {
  readonly #context: SourceContext;
  /** True if `cooldown.start` was emitted and its `cooldown.end` was not. */
  #isCooling = false;

  constructor(context: SourceContext) {
    this.#context = context;
  }

  /**
   * Emits the events after a failed exchange. Reads the state first: a listener of an earlier event may have reset the
   * client.
   */
  begin(
    { code: reason, correlationId }: AuthError,
    hasOpenedCircuit: boolean,
    emit: ExchangeEmit,
  ): void {
    const { retryInMs = null, circuit = "closed" } = this.#context.holder.lifecycleState() ?? {};
    if (hasOpenedCircuit && circuit === "open") {
      emit("circuit.open", { reason, correlationId });
    }
    if (this.#isCooling) {
      this.#context.emit("cooldown.end", { reason: "over", circuit }); // it ended while the leader read the store
    }
    this.#isCooling = retryInMs !== null;
    if (retryInMs !== null) {
      emit("cooldown.start", { reason, durationMs: retryInMs, circuit });
    }
  }

  /** Emits `cooldown.end`, unless the lifecycle still reports the cool-down. */
  end(reason: "over" | "accepted" | "reset"): void {
    if (!this.#isCooling) {
      return;
    }
    const { retryInMs = null, circuit = "closed" } = this.#context.holder.lifecycleState() ?? {};
    if (retryInMs === null) {
      this.#isCooling = false;
      this.#context.emit("cooldown.end", { reason, circuit });
    }
  }
}
