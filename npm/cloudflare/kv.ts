// Workers KV as a store of tokens. KV is only eventually consistent. That is enough: a store is a cache, not a lock.
import { checkMethods } from "../arguments.js";
import { secondsUntil } from "../stores/lifetime.js";
import type { KeyValueNamespace } from "../types/cloudflare.js";
import type { TokenStore } from "../types/index.js";

/** The shortest lifetime that KV accepts, in seconds. A token that expires earlier is read as a miss. */
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
