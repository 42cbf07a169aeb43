// The exchanges of a client: at most one is in flight.
import { internalError, isControlFlow } from "../errors.js";
import type { ExchangeStart } from "../generated/core.js";
import { CooldownEvents } from "./cooldown-events.js";
import { exchangeEmitter } from "./events.js";
import { InFlight } from "./in-flight.js";
import { lead } from "./leader.js";
import type { SourceContext, WaitUntil } from "./source-parts.js";

/** Begins exchanges, and knows the one that is in flight. */
export class Exchanges {
  readonly cooldowns: CooldownEvents;
  inFlight: InFlight | undefined;
  /** The last exchange that began. Its leader may still wait for its write. */
  last: InFlight | undefined;
  readonly #context: SourceContext;
  /** The number of exchanges so far. A lifecycle that was made after a trap counts from the beginning. */
  #count = 0;

  constructor(context: SourceContext) {
    this.#context = context;
    this.cooldowns = new CooldownEvents(context);
  }

  /** Begins an exchange. The caller is its leader, and `waitUntil` keeps the caller's request alive. */
  begin(start: ExchangeStart, waitUntil: WaitUntil | undefined, isInBackground: boolean): InFlight {
    const inFlight = new InFlight(start);
    this.inFlight = inFlight;
    this.last = inFlight;
    this.#count += 1;
    const emit = exchangeEmitter(this.#context.emit, this.#count);
    const { holder, sealedStore } = this.#context;
    const { cooldowns } = this;
    cooldowns.end("over");
    if (isInBackground) {
      emit("refresh.background", { reason: start.reason });
    }
    const endClosedCheck = inFlight.stopWhenClosed(() => holder.lifecycle.isClosed);
    const done = lead({ ...this.#context, cooldowns, emit }, inFlight)
      .catch((thrown: unknown) => {
        if (isControlFlow(thrown)) {
          inFlight.controlFlow = thrown;
        } else {
          // A defect. The lifecycle hears no more of this exchange, and lets another begin.
          inFlight.defect = internalError(thrown, this.#secrets());
        }
        return undefined;
      })
      .then((record) => {
        endClosedCheck();
        if (this.inFlight === inFlight) {
          this.inFlight = undefined;
        }
        inFlight.writing = record && sealedStore?.write(record, emit);
        inFlight.end();
        return inFlight.writing;
      });
    try {
      waitUntil?.(done);
    } catch {
      // A host that refuses `waitUntil` is no reason to fail. Then the exchange may end with its request.
    }
    return inFlight;
  }

  /**
   * Resolves at the end of an exchange. Never rejects. From 1.20261117 on, workerd rejects a promise whose request has
   * completed. Then the leader is gone, and the next caller that asks leads.
   */
  async endOf(inFlight: InFlight): Promise<void> {
    try {
      await inFlight.ended;
    } catch {
      if (this.inFlight === inFlight) {
        this.inFlight = undefined;
        const { holder } = this.#context;
        const monotonicNowMs = holder.readClocks();
        holder.lifecycle.callIfAlive((lifecycle) =>
          lifecycle.abandoned(monotonicNowMs, inFlight.exchange),
        );
      }
    }
  }

  #secrets(): string[] {
    const { keySource, holder } = this.#context;
    const secrets = [...(keySource?.secrets ?? [])];
    const { lastToken } = holder;
    return lastToken ? [...secrets, lastToken.value] : secrets;
  }
}
