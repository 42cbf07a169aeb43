// The storage of a Durable Object as a store of tokens.
import type { CoordinatorState } from "../types/cloudflare.js";
import type { TokenStore } from "../types/index.js";

const PREFIX = "token:";

/** Returns a store in the storage of a Durable Object. It holds one token: a write deletes those of earlier keys. */
export function objectStore(storage: CoordinatorState["storage"]): TokenStore {
  return {
    get: async (key) => ((await storage.get(PREFIX + key)) as string | undefined) ?? null,
    async set(key, value) {
      const others = await storage.list({ prefix: PREFIX });
      others.delete(PREFIX + key);
      await storage.delete([...others.keys()]);
      await storage.put(PREFIX + key, value);
    },
    async delete(key) {
      await storage.delete([PREFIX + key]);
    },
  };
}
