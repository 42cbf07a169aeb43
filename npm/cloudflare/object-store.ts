import type { CoordinatorState } from "../types/cloudflare.js";
import type { TokenStore } from "../types/index.js";

const PREFIX = "token:";

/** A Durable Object's own storage. It holds one token: what other keys have left goes with the next. */
export function objectStore(storage: CoordinatorState["storage"]): TokenStore {
  return {
    get: async (key) => ((await storage.get(PREFIX + key)) as string | undefined) ?? null,
    async set(key, value) {
      const kept = await storage.list({ prefix: PREFIX });
      kept.delete(PREFIX + key);
      await storage.delete([...kept.keys()]);
      await storage.put(PREFIX + key, value);
    },
    async delete(key) {
      await storage.delete([PREFIX + key]);
    },
  };
}
