/**
 * Stores for `store` of `createClient`, by which processes share a token. The client seals each token with a key derived
 * from the private key.
 * @packageDocumentation
 */
import type { TokenStore } from "./index.js";

/** The part of an unstorage storage that {@link unstorageStore} uses. */
export interface ItemStorage {
  /** Returns the value under `key`; `null` without one. */
  getItem(key: string): Promise<unknown>;
  /** Stores `value` under `key`. `ttl` is its lifetime in seconds, whole and at least 1. */
  setItem(key: string, value: string, options: { ttl: number }): Promise<void>;
  /** Removes the value under `key`. */
  removeItem(key: string): Promise<void>;
}

/**
 * Returns a store in this process's memory, for several clients of one process and for tests.
 * @example
 * ```ts
 * import { type ClientOptions, createClient } from "pay4power-auth";
 * import { memoryStore } from "pay4power-auth/stores";
 *
 * const store = memoryStore();
 * export const clientOf = (options: ClientOptions) => createClient({ ...options, store });
 * ```
 */
export function memoryStore(): TokenStore;

/**
 * Returns a store in an [unstorage](https://unstorage.unjs.io) storage: Redis, a folder, or any other of its drivers.
 * Its keys are 64 hexadecimal digits. Set a prefix in the storage itself (`prefixStorage`, or the driver's `base`).
 *
 * Each write passes the remaining lifetime of the token as `ttl`, in seconds, at least 1. Redis removes the value after
 * that time. A driver without `ttl` keeps it until a newer token replaces it. The client never hands out a token that
 * has ended.
 * @throws AuthError `P4P_INVALID_OPTIONS` if `storage` lacks one of these methods
 * @example
 * ```ts
 * import { unstorageStore } from "pay4power-auth/stores";
 * import { createStorage } from "unstorage";
 * import redisDriver from "unstorage/drivers/redis";
 *
 * const url = process.env.REDIS_URL ?? "";
 * export const store = unstorageStore(
 *   createStorage({ driver: redisDriver({ url, base: "tokens" }) }),
 * );
 * ```
 */
export function unstorageStore(storage: ItemStorage): TokenStore;
