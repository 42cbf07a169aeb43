// A store as a client uses it: what is sealed, how long it may take, and what becomes of its failures.

import type { Credentials } from "../client/credentials.js";
import type { Emit } from "../client/events.js";
import type { RejectedTokens } from "../client/rejected-tokens.js";
import { steadyMs, TIMED_OUT, withTimeout } from "../clock.js";
import { call } from "../core/call.js";
import type { ClientPolicy } from "../generated/core.js";
import * as core from "../generated/core.js";
import { identityOf } from "../options.js";
import type { Token, TokenRecord } from "../token.js";
import type { TokenStore } from "../types/index.js";
import { deriveSeal, openText, type Seal, sealText } from "./seal.js";

/** How long a write or a deletion is waited for. How long a read is, the lifecycle says. */
const WRITE_MS = 1_000;

/** Every failure of the store is a miss. It is told to the `emit` of its exchange, and never thrown. */
export class SealedStore {
  readonly #store: TokenStore;
  readonly #credentials: Credentials;
  readonly #policy: ClientPolicy;
  readonly #rejectedTokens: RejectedTokens;
  /** What is sealed with the keys of these options. */
  #sealed: { readonly options: unknown; readonly seal: Seal } | undefined;

  constructor(
    store: TokenStore,
    credentials: Credentials,
    policy: ClientPolicy,
    rejectedTokens: RejectedTokens,
  ) {
    this.#store = store;
    this.#credentials = credentials;
    this.#policy = policy;
    this.#rejectedTokens = rejectedTokens;
  }

  /** A stored token that is another than `current`, and was not rejected. */
  async read(
    timeoutMs: number,
    current: Token | undefined,
    emit: Emit,
  ): Promise<TokenRecord | undefined> {
    const begunMs = steadyMs();
    const found = await this.#withTimeout(emit, timeoutMs, "get", (seal) =>
      this.#find(seal, current),
    );
    if (found === "rejected") {
      // Not by the read itself: one that is late would delete what was written after it.
      await this.#withTimeout(emit, WRITE_MS, "delete", ({ name }) => this.#store.delete(name));
    }
    if (typeof found === "string") {
      emit("store.miss", { reason: found, durationMs: steadyMs() - begunMs });
      return undefined;
    }
    return found;
  }

  /** Puts a token into the store. */
  async write(record: TokenRecord, emit: Emit): Promise<void> {
    const { value, statedEndMs, expiresAtMs, correlationId } = record;
    await this.#withTimeout(emit, WRITE_MS, "set", async (seal) => {
      const text = JSON.stringify({ token: value, expiresAt: statedEndMs, correlationId });
      await this.#store.set(seal.name, await sealText(seal, text), { expiresAtMs });
    });
  }

  /** A token, or why there is none. */
  async #find(seal: Seal, current: Token | undefined): Promise<TokenRecord | string> {
    const sealed: unknown = await this.#store.get(seal.name);
    if (sealed === null || sealed === undefined) {
      return "absent";
    }
    const text = await openText(seal, sealed);
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
    if (await this.#rejectedTokens.has(token)) {
      return "rejected";
    }
    return token;
  }

  // What is kept is the outcome, not the promise: that one belongs to the request that made it.
  async #currentSeal(): Promise<Seal> {
    const { options } = this.#credentials;
    if (this.#sealed && this.#sealed.options === options) {
      return this.#sealed.seal;
    }
    const seal = await deriveSeal(identityOf(options ?? {}, this.#policy));
    this.#sealed = { options, seal };
    return seal;
  }

  async #withTimeout<Value>(
    emit: Emit,
    timeoutMs: number,
    what: "get" | "set" | "delete",
    run: (seal: Seal) => Promise<Value>,
  ): Promise<Value | undefined> {
    const begunMs = steadyMs();
    try {
      return await withTimeout(timeoutMs, async () => run(await this.#currentSeal()));
    } catch (thrown) {
      // What a store throws can hold anything, the value too. It is not passed on.
      const reason = `${what}.${thrown === TIMED_OUT ? "timeout" : "failed"}`;
      emit("store.error", { reason, durationMs: steadyMs() - begunMs });
      return undefined;
    }
  }
}
