// A store as a client uses it: with sealed tokens, with time limits, and without errors.

import type { EventOf, ExchangeEmit } from "../client/events.js";
import type { KeySource } from "../client/key-source.js";
import type { RejectedTokens } from "../client/rejected-tokens.js";
import { monotonicMs } from "../clock.js";
import { call } from "../core/call.js";
import type { ClientPolicy } from "../generated/core.js";
import * as core from "../generated/core.js";
import { identityOf } from "../options.js";
import { WAIT_ENDED, withTimeout } from "../timers.js";
import type { Token, TokenRecord } from "../token.js";
import type { TokenStore } from "../types/index.js";
import { deriveSeal, openText, type Seal, sealText } from "./seal.js";

type MissReason = EventOf<"store.miss">["reason"];

/** The time limit of a write or a deletion, in milliseconds. The lifecycle sets the time limit of a read. */
const WRITE_MS = 1_000;

/** Seals and opens the tokens of a store. Each failure of the store becomes a miss and an event, never an error. */
export class SealedStore {
  readonly #store: TokenStore;
  readonly #keySource: KeySource;
  readonly #policy: ClientPolicy;
  readonly #rejectedTokens: RejectedTokens;
  /** The last seal, and the options with the keys that it is derived from. */
  #lastSeal: { readonly options: unknown; readonly seal: Seal } | undefined;

  constructor(
    store: TokenStore,
    keySource: KeySource,
    policy: ClientPolicy,
    rejectedTokens: RejectedTokens,
  ) {
    this.#store = store;
    this.#keySource = keySource;
    this.#policy = policy;
    this.#rejectedTokens = rejectedTokens;
  }

  /** Returns the stored token, unless it is `current` or was rejected. Takes at most `timeoutMs` milliseconds. */
  async read(
    timeoutMs: number,
    current: Token | undefined,
    emit: ExchangeEmit,
  ): Promise<TokenRecord | undefined> {
    const begunMs = monotonicMs();
    const found = await this.#runOnStore(emit, timeoutMs, "get", (seal) =>
      this.#find(seal, current),
    );
    if (found === "rejected") {
      // Deletes only after the read has returned: a read that is late would delete a newer token.
      await this.#runOnStore(emit, WRITE_MS, "delete", ({ storeKey }) =>
        this.#store.delete(storeKey),
      );
    }
    if (typeof found === "string") {
      emit("store.miss", { reason: found, durationMs: monotonicMs() - begunMs });
      return undefined;
    }
    return found;
  }

  /** Writes a token to the store. */
  async write(record: TokenRecord, emit: ExchangeEmit): Promise<void> {
    const { value, statedEndMs, expiresAtMs, correlationId } = record;
    await this.#runOnStore(emit, WRITE_MS, "set", async (seal) => {
      const text = JSON.stringify({ token: value, expiresAt: statedEndMs, correlationId });
      await this.#store.set(seal.storeKey, await sealText(seal, text), { expiresAtMs });
    });
  }

  /** Returns the stored token, or the reason of the miss. */
  async #find(seal: Seal, current: Token | undefined): Promise<TokenRecord | MissReason> {
    const sealed: unknown = await this.#store.get(seal.storeKey);
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

  // Keeps the seal and not its promise: on Workers a promise belongs to the request that made it.
  async #currentSeal(): Promise<Seal> {
    const { options } = this.#keySource;
    if (this.#lastSeal && this.#lastSeal.options === options) {
      return this.#lastSeal.seal;
    }
    const seal = await deriveSeal(identityOf(options ?? {}, this.#policy));
    this.#lastSeal = { options, seal };
    return seal;
  }

  async #runOnStore<Value>(
    emit: ExchangeEmit,
    timeoutMs: number,
    operation: "get" | "set" | "delete",
    run: (seal: Seal) => Promise<Value>,
  ): Promise<Value | undefined> {
    const begunMs = monotonicMs();
    try {
      return await withTimeout(timeoutMs, async () => run(await this.#currentSeal()));
    } catch (thrown) {
      // The error of a store can hold anything, also the value. So the event does not carry it.
      const reason = `${operation}.${thrown === WAIT_ENDED ? "timeout" : "failed"}` as const;
      emit("store.error", { reason, durationMs: monotonicMs() - begunMs });
      return undefined;
    }
  }
}
