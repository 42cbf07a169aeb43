// All that a running sandbox holds.
import { Counts } from "./counts.ts";
import { FaultQueue } from "./faults.ts";
import { Ledger } from "./ledger.ts";
import { Tokens } from "./tokens.ts";

export interface Settings {
  /** How long a new token lives, in seconds. */
  readonly lifetimeS: number;
  /** How long every answer takes, in milliseconds. */
  readonly latencyMs: number;
  /** How far the service's clock is ahead of this machine's, in milliseconds. */
  readonly shiftMs: number;
}

export class State {
  readonly tokens = new Tokens();
  readonly ledger = new Ledger();
  readonly faults = new FaultQueue();
  readonly counts = new Counts();
  readonly #initial: Settings;
  settings: Settings;

  constructor(settings: Settings) {
    this.#initial = settings;
    this.settings = settings;
  }

  /** The time by the service's own clock. */
  nowMs(): number {
    return Date.now() + this.settings.shiftMs;
  }

  /** As after the start, but tokens live on. */
  reset(): void {
    this.settings = this.#initial;
    this.ledger.clear();
    this.faults.clear();
    this.counts.clear();
  }
}
