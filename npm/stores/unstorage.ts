// Every driver of unstorage, as a store of tokens.
import { checkMethods } from "../arguments.js";
import type { TokenStore } from "../types/index.js";
import type { ItemStorage } from "../types/stores.js";
import { secondsUntil } from "./lifetime.js";

export function unstorageStore(storage: ItemStorage): TokenStore {
  checkMethods("storage", storage, "a storage of unstorage", ["getItem", "setItem", "removeItem"]);
  return {
    // What is no text any more, since a driver or somebody else has made something else of it, does
    // not open, as all that does not.
    get: (key) => storage.getItem(key) as Promise<string | null | undefined>,
    // Redis keeps for ever what has no lifetime, or one of 0. Drivers that know none ignore it.
    async set(key, value, { expiresAtMs }) {
      await storage.setItem(key, value, { ttl: Math.max(1, secondsUntil(expiresAtMs)) });
    },
    async delete(key) {
      await storage.removeItem(key);
    },
  };
}
