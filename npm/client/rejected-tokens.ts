// Tokens that the service has rejected, known by their hashes.
import { call } from "../core/call.js";
import * as core from "../generated/core.js";
import { digest } from "../stores/seal.js";
import type { Token } from "../token.js";

/** More tokens than a client ever sees rejected. The oldest are forgotten first. */
const MAX_TOKENS = 100;

export class RejectedTokens {
  readonly #tokens: RejectedToken[] = [];
  readonly #added = new WeakSet<Token>();

  /** Adds a token once, however many requests it was rejected in. */
  add(token: Token): void {
    if (this.#added.has(token)) {
      return;
    }
    this.#added.add(token);
    const rejected = new RejectedToken(token);
    rejected.hash().catch(() => {}); // without WebCrypto no token is stored, so no hash is needed
    this.#tokens.push(rejected);
    this.#tokens.splice(0, this.#tokens.length - MAX_TOKENS);
  }

  async has(value: string): Promise<boolean> {
    const hashes = await this.hashes();
    return hashes.length > 0 && hashes.includes(await digest(value));
  }

  /**
   * Returns the hashes of the tokens that have not expired. Keeps expired tokens too, because the wall clock may be put
   * back.
   */
  async hashes(): Promise<string[]> {
    const nowMs = Date.now();
    const unexpired = this.#tokens.filter(
      ({ expiresAtMs }) => !call(() => core.isExpired(expiresAtMs, nowMs, 0)),
    );
    return Promise.all(unexpired.map((rejected) => rejected.hash()));
  }
}

class RejectedToken {
  readonly expiresAtMs: number;
  /** The token, until its hash is known. */
  #token: Token | undefined;
  #hash = "";

  constructor(token: Token) {
    this.expiresAtMs = token.expiresAtMs;
    this.#token = token;
  }

  // Keeps the hash and not its promise: on Workers a promise belongs to the request that made it.
  async hash(): Promise<string> {
    if (this.#token) {
      this.#hash = await digest(this.#token.value);
      this.#token = undefined;
    }
    return this.#hash;
  }
}
