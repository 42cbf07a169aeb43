// The keys of a client: given with its options, or asked for.
import { TIMED_OUT, withTimeout } from "../clock.js";
import { isControlFlow, nameAndCode, plainError, safeCause } from "../errors.js";
import { checkOptions, type Snapshot, secretsOf, snapshot } from "../options.js";
import type { Cancellation } from "./cancellation.js";

const KEYS = ["publicKey", "privateKey"] as const;

/**
 * The keys in use. On Workers, requests share the keys that came of asking, never the promise of them.
 */
export class Credentials {
  readonly #given: Snapshot;
  #options: Snapshot | undefined;
  /** How often the function was called, and which call gave the keys in use. */
  #asked = 0;
  #answered = 0;

  /** With options that were checked. */
  constructor(given: Snapshot) {
    this.#given = given;
    this.#options = given.credentials === undefined ? given : undefined;
  }

  /** All options, with the keys in use. The same object while the keys are the same. */
  get options(): Snapshot | undefined {
    return this.#options;
  }

  /** What must never be seen: of the keys in use, and the private key before. */
  get secrets(): readonly string[] {
    return secretsOf(this.#options ?? this.#given);
  }

  get canBeAsked(): boolean {
    return this.#given.credentials !== undefined;
  }

  /** Asks for the keys, unless `cancellation` ends it. Returns whether others are in use now than before. */
  async ask(timeoutMs: number, cancellation: Cancellation): Promise<boolean> {
    const before = this.#options;
    this.#asked += 1;
    const call = this.#asked;
    const keys = snapshot(await this.#answer(timeoutMs, cancellation), KEYS, "credentials");
    // A call that took long may have keys from before those that a later call has given.
    if (call > this.#answered) {
      this.#use(keys);
      this.#answered = call;
    }
    return this.#options !== before;
  }

  #use(keys: Snapshot): void {
    const current = this.#options;
    if (current && KEYS.every((name) => current[name] === keys[name])) {
      return;
    }
    const isOther = keys.privateKey !== current?.privateKey;
    const options: Snapshot = Object.assign(Object.create(null), this.#given, keys, {
      credentials: undefined,
      formerPrivateKey: isOther ? current?.privateKey : current?.formerPrivateKey,
    });
    checkOptions(options);
    this.#options = options;
  }

  async #answer(timeoutMs: number, cancellation: Cancellation): Promise<unknown> {
    try {
      return await withTimeout(timeoutMs, () => this.#called(), cancellation);
    } catch (thrown) {
      if (thrown !== TIMED_OUT) {
        throw thrown;
      }
      const message = `expected the keys of \`credentials\` within ${timeoutMs} ms, found none`;
      throw plainError("P4P_TIMEOUT", message, undefined, true);
    }
  }

  async #called(): Promise<unknown> {
    const ask = this.#given.credentials as () => unknown; // called unbound
    try {
      return await ask();
    } catch (thrown) {
      if (isControlFlow(thrown)) {
        throw thrown;
      }
      // The text of what was thrown can hold keys that this client has never seen.
      const message = "`credentials` must give the keys, found an error that it threw";
      const cause = safeCause(nameAndCode(thrown), this.secrets);
      throw plainError("P4P_INVALID_OPTIONS", message, cause, true);
    }
  }
}
