// The keys of a client: given with its options, or asked for.
import { LATE, within } from "./clock.js";
import { isControlFlow, nameOnly, plainError } from "./errors.js";
import { checkOptions, type Snapshot, secretsOf, snapshot } from "./options.js";

const KEYS = ["publicKey", "privateKey"] as const;

/**
 * The keys in use. On Workers, requests share the keys that came of asking, never the promise of them.
 */
export class Credentials {
  readonly #given: Snapshot;
  readonly #timeoutMs: number;
  #options: Snapshot | undefined;

  /** With options that were checked. `timeoutMs` is how long the function `credentials` may take. */
  constructor(given: Snapshot, timeoutMs: number) {
    this.#given = given;
    this.#timeoutMs = timeoutMs;
    this.#options = given.credentials === undefined ? given : undefined;
  }

  /** All options, with the keys in use. The same object while the keys are the same. */
  get options(): Snapshot | undefined {
    return this.#options;
  }

  /** What must never be seen: of the keys in use, and of those before them. */
  get secrets(): readonly string[] {
    return secretsOf(this.#options ?? this.#given);
  }

  get canBeAsked(): boolean {
    return this.#given.credentials !== undefined;
  }

  get timeoutMs(): number {
    return this.#timeoutMs;
  }

  /** Asks for the keys, and returns whether others are in use now than before. */
  async ask(): Promise<boolean> {
    const before = this.#options;
    const keys = snapshot(await this.#answer(), KEYS, "credentials");
    if (before && KEYS.every((name) => before[name] === keys[name])) {
      return false;
    }
    const options: Snapshot = Object.assign(Object.create(null), this.#given, keys, {
      credentials: undefined,
      formerPrivateKey: before?.privateKey,
    });
    checkOptions(options);
    this.#options = options;
    return true;
  }

  async #answer(): Promise<unknown> {
    const ask = this.#given.credentials as () => unknown; // called unbound
    const ms = this.#timeoutMs;
    try {
      return await within(ms, async () => ask());
    } catch (thrown) {
      if (isControlFlow(thrown)) {
        throw thrown;
      }
      if (thrown === LATE) {
        const message = `expected the keys of \`credentials\` within ${ms} ms, found none`;
        throw plainError("P4P_TIMEOUT", message, undefined, true);
      }
      // Its text can hold keys that nobody here has ever seen.
      const message = "`credentials` must give the keys, found an error";
      throw plainError("P4P_INVALID_OPTIONS", message, nameOnly(thrown), true);
    }
  }
}
