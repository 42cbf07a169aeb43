// Compiled, never run: the stores take the real things, and no others.

import type { KVNamespace } from "@cloudflare/workers-types";
import { type ClientOptions, createClient } from "pay4power-auth";
import { kvStore } from "pay4power-auth/cloudflare";
import { memoryStore, unstorageStore } from "pay4power-auth/stores";
import { createStorage, prefixStorage, type Storage } from "unstorage";

declare const keys: Pick<ClientOptions, "publicKey" | "privateKey">;
declare const namespace: KVNamespace;
declare const texts: Storage<string>;

for (const store of [
  memoryStore(),
  unstorageStore(createStorage()),
  unstorageStore(prefixStorage(createStorage(), "tokens")),
  unstorageStore(texts),
  kvStore(namespace),
  kvStore({ get: async () => null, put: async () => {}, delete: async () => {} }),
]) {
  createClient({ ...keys, store }).close();
}

// @ts-expect-error a KV namespace is no store, but what `kvStore` makes of it
createClient({ ...keys, store: namespace });
// @ts-expect-error nor is a storage
createClient({ ...keys, store: texts });
// @ts-expect-error another kind of store
unstorageStore(namespace);
// @ts-expect-error the other way round
kvStore(texts);
// @ts-expect-error a namespace is needed
kvStore();
// @ts-expect-error a storage is needed
unstorageStore(new Map());
