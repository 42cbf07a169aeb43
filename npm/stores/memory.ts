// For clients of one process, and for tests.
import type { TokenStore } from "../types/index.js";

export function memoryStore(): TokenStore {
  const kept = new Map<string, { readonly value: string; readonly expiresAtMs: number }>();
  const forgetExpired = () => {
    for (const [key, { expiresAtMs }] of kept) {
      if (expiresAtMs <= Date.now()) {
        kept.delete(key);
      }
    }
  };
  return {
    async get(key) {
      forgetExpired();
      return kept.get(key)?.value ?? null;
    },
    async set(key, value, { expiresAtMs }) {
      forgetExpired(); // also what nobody asks for any more
      kept.set(key, { value, expiresAtMs });
    },
    async delete(key) {
      kept.delete(key);
    },
  };
}
