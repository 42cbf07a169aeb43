// Tokens that the service has rejected, by their hashes.
import { call } from "../core/call.js";
import * as core from "../generated/core.js";
import { digest } from "../stores/seal.js";
import type { Token } from "../token.js";

/** More than a client meets: the oldest are forgotten first. */
const MAX_KEPT = 100;

export class RejectedTokens {
  readonly #tokens: RejectedToken[] = [];
  readonly #known = new WeakSet<Token>();

  /** However many requests it was rejected in, it takes one place. */
  add(token: Token): void {
    if (this.#known.has(token)) {
      return;
    }
    this.#known.add(token);
    const rejected = new RejectedToken(token);
    rejected.hash().catch(() => {}); // without WebCrypto nothing is stored, and nothing need be known
    this.#tokens.push(rejected);
    this.#tokens.splice(0, this.#tokens.length - MAX_KEPT);
  }

  async has(value: string): Promise<boolean> {
    const hashes = await this.hashes();
    return hashes.length > 0 && hashes.includes(await digest(value));
  }

  /** Of those that have not expired. Those that have stay known: the wall clock may be put back again. */
  async hashes(): Promise<string[]> {
    const nowMs = Date.now();
    const alive = this.#tokens.filter(
      ({ expiresAtMs }) => !call(() => core.isExpired(expiresAtMs, nowMs, 0)),
    );
    return Promise.all(alive.map((rejected) => rejected.hash()));
  }
}

class RejectedToken {
  readonly expiresAtMs: number;
  /** Kept until its hash is known. */
  #token: Token | undefined;
  #hash = "";

  constructor(token: Token) {
    this.expiresAtMs = token.expiresAtMs;
    this.#token = token;
  }

  // What is kept is the outcome, not the promise: that one belongs to the request that made it.
  async hash(): Promise<string> {
    if (this.#token) {
      this.#hash = await digest(this.#token.value);
      this.#token = undefined;
    }
    return this.#hash;
  }
}
