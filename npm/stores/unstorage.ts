// A storage of unstorage, with any driver, as a store of tokens.
import { checkMethods } from "../arguments.js";
import type { TokenStore } from "../types/index.js";
import type { ItemStorage } from "../types/stores.js";
import { secondsUntil } from "./lifetime.js";

export function unstorageStore(storage: ItemStorage): TokenStore {
  checkMethods("storage", storage, "a storage of unstorage", ["getItem", "setItem", "removeItem"]);
  return {
    // If a driver or another program has turned the text into another value, that value does not open: it is a miss.
    get: (key) => storage.getItem(key) as Promise<string | null | undefined>,
    // Redis keeps an item without a lifetime, or with a lifetime of 0, for ever. Some drivers ignore `ttl`.
    async set(key, value, { expiresAtMs }) {
      await storage.setItem(key, value, { ttl: Math.max(1, secondsUntil(expiresAtMs)) });
    },
    async delete(key) {
      await storage.removeItem(key);
    },
  };
}
