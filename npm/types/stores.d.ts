/**
 * Stores in which processes share tokens: for `store` of `createClient`. What is in them is sealed
 * with a key that is derived from the private key.
 * @packageDocumentation
 */
import type { TokenStore } from "./index.js";

/** The part of a storage of unstorage that {@link unstorageStore} uses. */
export interface ItemStorage {
  getItem(key: string): Promise<unknown>;
  setItem(key: string, value: string, options: { ttl: number }): Promise<void>;
  removeItem(key: string): Promise<void>;
}

/** A store in this process's memory, for clients that are several: of libraries, or of tests. */
export function memoryStore(): TokenStore;

/**
 * A storage of [unstorage](https://unstorage.unjs.io) as a store: Redis, a folder, and whatever else
 * it has a driver for. Names are 64 hexadecimal digits; a prefix to them is the storage's own
 * (`prefixStorage`, or the driver's `base`). The lifetime of a token goes along as `ttl`, in seconds:
 * Redis forgets it then. A driver that knows none keeps it until a later one takes its place; ended
 * tokens are not handed out.
 * @throws AuthError `P4P_INVALID_OPTIONS`
 */
export function unstorageStore(storage: ItemStorage): TokenStore;
