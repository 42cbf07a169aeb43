/**
 * Stores for `store` of `createClient`, by which processes share a token. The client seals each token with a key derived
 * from the private key.
 * @packageDocumentation
 */
import type { TokenStore } from "./index.js";

/** The part of an unstorage storage that {@link unstorageStore} uses. */
export interface ItemStorage {
  getItem(key: string): Promise<unknown>;
  setItem(key: string, value: string, options: { ttl: number }): Promise<void>;
  removeItem(key: string): Promise<void>;
}

/** Returns a store in this process's memory, for several clients of one process and for tests. */
export function memoryStore(): TokenStore;

/**
 * Returns a store in an [unstorage](https://unstorage.unjs.io) storage: Redis, a folder, or any other of its drivers.
 * Its keys are 64 hexadecimal digits. Set a prefix in the storage itself (`prefixStorage`, or the driver's `base`).
 *
 * Each write passes the remaining lifetime of the token as `ttl`, in seconds, at least 1. Redis removes the value after
 * that time. A driver without `ttl` keeps it until a newer token replaces it. The client never hands out a token that
 * has ended.
 * @throws AuthError `P4P_INVALID_OPTIONS`
 */
export function unstorageStore(storage: ItemStorage): TokenStore;
