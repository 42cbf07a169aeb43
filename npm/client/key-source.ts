// The keys of a client, from its options or from its function `credentials`.

import { isControlFlow, nameAndCode, plainError, safeCause } from "../errors.js";
import { checkOptions, type Snapshot, secretsOf, snapshot } from "../options.js";
import { WAIT_ENDED, withTimeout } from "../timers.js";
import type { Cancellation } from "./cancellation.js";

const KEYS = ["publicKey", "privateKey"] as const;

/** The keys in use. On Workers, requests share the keys that `credentials` returned, never the promise of them. */
export class KeySource {
  readonly #clientOptions: Snapshot;
  #options: Snapshot | undefined;
  /** The number of the last call of `credentials`. */
  #lastCall = 0;
  /** The number of the call that returned the keys in use. */
  #lastUsedCall = 0;

  /** Expects options that were checked. */
  constructor(clientOptions: Snapshot) {
    this.#clientOptions = clientOptions;
    this.#options = clientOptions.credentials === undefined ? clientOptions : undefined;
  }

  /** All options, with the keys in use. The same object as long as the keys are the same. */
  get options(): Snapshot | undefined {
    return this.#options;
  }

  /** The secrets of the keys in use, and the private key before them. No error or event may show one. */
  get secrets(): readonly string[] {
    return secretsOf(this.#options ?? this.#clientOptions);
  }

  /** True if the client has a function `credentials`. */
  get hasFunction(): boolean {
    return this.#clientOptions.credentials !== undefined;
  }

  /**
   * Asks `credentials` for the keys, for at most `timeoutMs` milliseconds. `cancellation` ends the wait. Returns true
   * if the keys in use have changed.
   */
  async ask(timeoutMs: number, cancellation: Cancellation): Promise<boolean> {
    const before = this.#options;
    this.#lastCall += 1;
    const call = this.#lastCall;
    const keys = snapshot(await this.#keysWithin(timeoutMs, cancellation), KEYS, "credentials");
    // A slow call may return older keys than a later call has returned already.
    if (call > this.#lastUsedCall) {
      this.#use(keys);
      this.#lastUsedCall = call;
    }
    return this.#options !== before;
  }

  #use(keys: Snapshot): void {
    const current = this.#options;
    if (current && KEYS.every((name) => current[name] === keys[name])) {
      return;
    }
    const isRotated = keys.privateKey !== current?.privateKey;
    const options: Snapshot = Object.assign(Object.create(null), this.#clientOptions, keys, {
      credentials: undefined,
      formerPrivateKey: isRotated ? current?.privateKey : current?.formerPrivateKey,
    });
    checkOptions(options);
    this.#options = options;
  }

  async #keysWithin(timeoutMs: number, cancellation: Cancellation): Promise<unknown> {
    try {
      return await withTimeout(timeoutMs, () => this.#callCredentials(), cancellation);
    } catch (thrown) {
      if (thrown !== WAIT_ENDED) {
        throw thrown;
      }
      const message = `expected the keys of \`credentials\` within ${timeoutMs} ms, found none`;
      throw plainError("P4P_TIMEOUT", message, undefined, true);
    }
  }

  async #callCredentials(): Promise<unknown> {
    const credentials = this.#clientOptions.credentials as () => unknown; // called unbound
    try {
      return await credentials();
    } catch (thrown) {
      if (isControlFlow(thrown)) {
        throw thrown;
      }
      // The text of the error can hold keys that this client has never seen.
      const message = "`credentials` must give the keys, found an error that it threw";
      const cause = safeCause(nameAndCode(thrown), this.secrets);
      throw plainError("P4P_INVALID_OPTIONS", message, cause, true);
    }
  }
}
