// Workers KV as a store of tokens. It is only eventually consistent, and that is enough: a store is a
// cache, not a lock.
import { checkMethods } from "../arguments.js";
import { secondsUntil } from "../stores/lifetime.js";
import type { KeyValueNamespace } from "../types/cloudflare.js";
import type { TokenStore } from "../types/index.js";

/** KV takes no shorter lifetime. What has ended by then is a miss. */
const MIN_TTL_S = 60;

export function kvStore(namespace: KeyValueNamespace): TokenStore {
  checkMethods("namespace", namespace, "a KV namespace", ["get", "put", "delete"]);
  return {
    get: (key) => namespace.get(key),
    set: (key, value, { expiresAtMs }) => {
      const expirationTtl = Math.max(MIN_TTL_S, secondsUntil(expiresAtMs));
      return namespace.put(key, value, { expirationTtl });
    },
    delete: (key) => namespace.delete(key),
  };
}
