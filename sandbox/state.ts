// All that a running sandbox holds.
import { Ledger } from "./ledger.ts";
import { Tokens } from "./tokens.ts";

export interface Settings {
  /** How long a new token lives, in seconds. */
  readonly lifetimeS: number;
  /** How long every answer takes, in milliseconds. */
  readonly latencyMs: number;
}

export class State {
  readonly settings: Settings;
  readonly tokens = new Tokens();
  readonly ledger = new Ledger();

  constructor(settings: Settings) {
    this.settings = settings;
  }

  nowMs(): number {
    return Date.now();
  }
}
