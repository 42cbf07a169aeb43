// A store in memory, for the clients of one process and for tests.
import type { TokenStore } from "../types/index.js";

export function memoryStore(): TokenStore {
  const entries = new Map<string, { readonly value: string; readonly expiresAtMs: number }>();
  const forgetExpired = () => {
    for (const [key, { expiresAtMs }] of entries) {
      if (expiresAtMs <= Date.now()) {
        entries.delete(key);
      }
    }
  };
  return {
    async get(key) {
      forgetExpired();
      return entries.get(key)?.value ?? null;
    },
    async set(key, value, { expiresAtMs }) {
      forgetExpired(); // also entries that no client reads any more
      entries.set(key, { value, expiresAtMs });
    },
    async delete(key) {
      entries.delete(key);
    },
  };
}
