// Tokens that the service has rejected, known by their hashes.
import { call } from "../core/call.js";
import * as core from "../generated/core.js";
import { sha256 } from "../sha256.js";
import type { Token, TokenRecord } from "../token.js";

/** How many hashes are kept: more than a client sees rejected in the life of a token. */
const MAX_TOKENS = 1_000;

export class RejectedTokens {
  readonly #tokens: RejectedToken[] = [];
  readonly #added = new WeakSet<Token>();
  /** The latest time of issue of the forgotten tokens. A token that is not newer than that counts as rejected. */
  #forgottenToMs = Number.NEGATIVE_INFINITY;

  /** Adds a token once, however many requests it was rejected in. */
  add(token: Token): void {
    if (this.#added.has(token)) {
      return;
    }
    this.#added.add(token);
    const rejected = new RejectedToken(token);
    rejected.hash().catch(() => {}); // without WebCrypto no token is stored, so no hash is needed
    this.#tokens.push(rejected);
    for (const { issuedAtMs } of this.#tokens.splice(0, this.#tokens.length - MAX_TOKENS)) {
      this.#forgottenToMs = Math.max(this.#forgottenToMs, issuedAtMs);
    }
  }

  async has(token: TokenRecord): Promise<boolean> {
    const hashes = await this.hashes();
    return hashes.includes(await sha256(token.value)) || issuedAtMs(token) <= this.#forgottenToMs;
  }

  /**
   * Returns the hashes of the tokens that have not expired. Keeps expired tokens too, because the wall clock may be put
   * back.
   */
  async hashes(): Promise<string[]> {
    const wallNowMs = Date.now();
    const unexpired = this.#tokens.filter(
      ({ expiresAtMs }) => !call(() => core.isExpired(expiresAtMs, wallNowMs, 0)),
    );
    return Promise.all(unexpired.map((rejected) => rejected.hash()));
  }
}

/** When a token was issued, in epoch milliseconds. Tokens that don't say are ordered by their expiry. */
const issuedAtMs = (token: Token | TokenRecord) => token.issuedAtMs ?? token.expiresAtMs;

class RejectedToken {
  readonly expiresAtMs: number;
  readonly issuedAtMs: number;
  /** The token, until its hash is known. */
  #token: Token | undefined;
  #hash = "";

  constructor(token: Token) {
    this.expiresAtMs = token.expiresAtMs;
    this.issuedAtMs = issuedAtMs(token);
    this.#token = token;
  }

  // Keeps the hash and not its promise: on Workers a promise belongs to the request that made it.
  async hash(): Promise<string> {
    if (this.#token) {
      this.#hash = await sha256(this.#token.value);
      this.#token = undefined;
    }
    return this.#hash;
  }
}
