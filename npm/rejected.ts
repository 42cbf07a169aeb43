// Tokens that the service has rejected, by their hashes.
import { call } from "./core.js";
import { digest } from "./seal.js";
import type { Token } from "./token.js";

/** More than a client meets: the oldest are forgotten first. */
const MAX_KEPT = 100;

export class Rejected {
  readonly #tokens: { readonly hash: Promise<string>; readonly expiresAtMs: number }[] = [];
  readonly #known = new WeakSet<Token>();

  /** However many requests it was rejected in, it takes one place. */
  add(token: Token): void {
    if (this.#known.has(token)) {
      return;
    }
    this.#known.add(token);
    const { value, expiresAtMs } = token;
    const hash = digest(value);
    hash.catch(() => {}); // without WebCrypto nothing is stored, and nothing need be known
    this.#tokens.push({ hash, expiresAtMs });
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
      ({ expiresAtMs }) => !call((core) => core.isExpired(expiresAtMs, nowMs, 0)),
    );
    return Promise.all(alive.map(({ hash }) => hash));
  }
}
