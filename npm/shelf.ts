// A store as a client uses it: what is sealed, how long it may take, and what becomes of its failures.
import { LATE, steadyMs, within } from "./clock.js";
import { call } from "./core.js";
import type { Credentials } from "./credentials.js";
import type { Emit } from "./events.js";
import type { ClientPolicy } from "./generated/core.js";
import * as core from "./generated/core.js";
import { identityOf } from "./options.js";
import type { TokenStore } from "./public.js";
import type { Rejected } from "./rejected.js";
import { deriveSeal, open, type Seal, seal } from "./seal.js";
import type { Token, TokenRecord } from "./token.js";

/** How long a write or a deletion is waited for. How long a read is, the lifecycle says. */
const WRITE_MS = 1_000;

/** Every failure of the store is a miss. It is told to the `emit` of its exchange, and never thrown. */
export class Shelf {
  readonly #store: TokenStore;
  readonly #credentials: Credentials;
  readonly #policy: ClientPolicy;
  readonly #rejected: Rejected;
  /** What is sealed with the keys of these options. */
  #sealed: { readonly options: unknown; readonly seal: Seal } | undefined;

  constructor(
    store: TokenStore,
    credentials: Credentials,
    policy: ClientPolicy,
    rejected: Rejected,
  ) {
    this.#store = store;
    this.#credentials = credentials;
    this.#policy = policy;
    this.#rejected = rejected;
  }

  /** A stored token that is another than `current`, and was not rejected. */
  async find(
    timeoutMs: number,
    current: Token | undefined,
    emit: Emit,
  ): Promise<TokenRecord | undefined> {
    const begunMs = steadyMs();
    const found = await this.#within(emit, timeoutMs, "get", (own) => this.#read(own, current));
    if (found === "rejected") {
      // Not by the read itself: one that is late would delete what was written after it.
      await this.#within(emit, WRITE_MS, "delete", ({ name }) => this.#store.delete(name));
    }
    if (typeof found === "string") {
      emit("store.miss", { reason: found, durationMs: steadyMs() - begunMs });
      return undefined;
    }
    return found;
  }

  /** Puts a token into the store. */
  async keep(record: TokenRecord, emit: Emit): Promise<void> {
    const { value, statedEndMs, expiresAtMs, correlationId } = record;
    await this.#within(emit, WRITE_MS, "set", async (own) => {
      const text = JSON.stringify({ token: value, expiresAt: statedEndMs, correlationId });
      await this.#store.set(own.name, await seal(own, text), { expiresAtMs });
    });
  }

  /** A token, or why there is none. */
  async #read(own: Seal, current: Token | undefined): Promise<TokenRecord | string> {
    const sealed: unknown = await this.#store.get(own.name);
    if (sealed === null || sealed === undefined) {
      return "absent";
    }
    const text = await open(own, sealed);
    if (text === undefined) {
      return "unreadable";
    }
    const { environment } = this.#policy;
    const stored = call(() => core.readStored(text, environment, Date.now()));
    if (stored.type === "miss") {
      return stored.reason;
    }
    const { token } = stored;
    if (token.value === current?.value) {
      return "current";
    }
    if (await this.#rejected.has(token.value)) {
      return "rejected";
    }
    return token;
  }

  // What is kept is the outcome, not the promise: that one belongs to the request that made it.
  async #own(): Promise<Seal> {
    const { options } = this.#credentials;
    if (this.#sealed && this.#sealed.options === options) {
      return this.#sealed.seal;
    }
    const seal = await deriveSeal(identityOf(options ?? {}, this.#policy));
    this.#sealed = { options, seal };
    return seal;
  }

  async #within<Value>(
    emit: Emit,
    timeoutMs: number,
    what: "get" | "set" | "delete",
    run: (own: Seal) => Promise<Value>,
  ): Promise<Value | undefined> {
    const begunMs = steadyMs();
    try {
      return await within(timeoutMs, async () => run(await this.#own()));
    } catch (thrown) {
      // What a store throws can hold anything, the value too. It is not passed on.
      const reason = `${what}.${thrown === LATE ? "timeout" : "failed"}`;
      emit("store.error", { reason, durationMs: steadyMs() - begunMs });
      return undefined;
    }
  }
}
