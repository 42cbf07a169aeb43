// The state of a running sandbox.
import { FaultQueue } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { RequestCounts } from "./request-counts.ts";
import { Tokens } from "./tokens.ts";

export interface Settings {
  /** The lifetime of a new token, in seconds. */
  readonly lifetimeS: number;
  /** The delay of every answer, in milliseconds. */
  readonly latencyMs: number;
  /** How far the service's clock is ahead of this machine's, in milliseconds. */
  readonly shiftMs: number;
}

export class SandboxState {
  readonly tokens = new Tokens();
  readonly ledger = new Ledger();
  readonly faults = new FaultQueue();
  readonly counts = new RequestCounts();
  readonly #initial: Settings;
  settings: Settings;

  constructor(settings: Settings) {
    this.#initial = settings;
    this.settings = settings;
  }

  /** Returns the time on the service's clock. */
  nowMs(): number {
    return Date.now() + this.settings.shiftMs;
  }

  /** Restores the state of the start. Tokens stay valid. */
  reset(): void {
    this.settings = this.#initial;
    this.ledger.clear();
    this.faults.clear();
    this.counts.clear();
  }
}
