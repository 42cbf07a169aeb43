// Stores that need no server: memory and files.
import assert from "node:assert/strict";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import type * as Library from "pay4power-auth";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import type * as Stores from "pay4power-auth/stores";
import { createStorage } from "unstorage";
import fsDriver from "unstorage/drivers/fs";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { accepted, jwt, type Script, scripted } from "./portable/harness.ts";
import { seal } from "./support/independent-seal.ts";
import { assertNoSecret } from "./support/leaks.ts";
import { isRefused, refusals } from "./support/refusals.ts";
import { type ScriptServer, startScriptServer } from "./support/script-server.ts";
import { KEYS, secretsOf } from "./support/secrets.ts";

/** How every module begins. */
const WASM_IN_BASE64 = Buffer.from("\0asm").toString("base64").replaceAll(/.=+$/g, "");

const HOUR: Script = { lifetimeS: 3_600 };

let lib: typeof Library;
let stores: typeof Stores;
let cloudflare: typeof Cloudflare;
let script: ScriptServer;
let folder: string;
let files: string;

before(async () => {
  folder = makeConsumer(join(root, "target", "consumers", "stores"), await build());
  const require = createRequire(join(folder, "index.cjs"));
  lib = require("pay4power-auth") as typeof Library;
  stores = require("pay4power-auth/stores") as typeof Stores;
  cloudflare = require("pay4power-auth/cloudflare") as typeof Cloudflare;
  script = await startScriptServer();
  files = mkdtempSync(join(tmpdir(), "pay4power-stores-"));
});
after(async () => {
  rmSync(files, { recursive: true });
  await script.close();
});
beforeEach(() => {
  for (const file of globSync("*", { cwd: files })) {
    rmSync(join(files, file), { recursive: true });
  }
});

function merchant(answer: Script = HOUR) {
  const { url, calls } = scripted({ scriptUrl: script.url }, answer);
  return { tokenUrl: url, exchanges: async () => (await calls()).length };
}

function clientOf(tokenUrl: string, store: Library.TokenStore) {
  const told: string[] = [];
  const onEvent = ({ type, reason }: { type: string; reason?: string }) =>
    void told.push(`${type} ${reason ?? ""}`.trim());
  return { client: lib.createClient({ ...KEYS, tokenUrl, store, onEvent }), told };
}

/** A storage anew each time, as another process would have it. */
const folderStore = (base = files) =>
  stores.unstorageStore(createStorage({ driver: fsDriver({ base }) }));

test("clients of one process share what is in memory", async () => {
  const { tokenUrl, exchanges } = merchant();
  const store = stores.memoryStore();
  const { value } = await clientOf(tokenUrl, store).client.getToken();
  const second = clientOf(tokenUrl, store);
  assert.equal((await second.client.getToken()).value, value);
  assert.deepEqual(second.told, ["store.hit"]);
  await clientOf(tokenUrl, stores.memoryStore()).client.getToken();
  assert.equal(await exchanges(), 2);
});

test("a rejected token that 1,000 later ones followed is not taken from the store either", async () => {
  const store = stores.memoryStore();
  const written: [string, string, { expiresAtMs: number }][] = [];
  const recording: Library.TokenStore = {
    get: (name) => store.get(name),
    set(name, text, options) {
      written.push([name, text, options]);
      return store.set(name, text, options);
    },
    delete: (name) => store.delete(name),
  };
  const nowS = Math.floor(Date.now() / 1_000);
  let exchanges = 0;
  const fetch = async () => {
    exchanges += 1;
    const claims = { iat: nowS - 3_000 + exchanges, exp: nowS + 3_600 };
    return new Response(accepted({ token: jwt(claims), expiresAt: claims.exp }));
  };
  const misses: (string | undefined)[] = [];
  const onEvent = (event: Library.ClientEvent) => {
    if (event.type === "store.miss") {
      misses.push(event.reason);
    }
  };
  const client = lib.createClient({ ...KEYS, fetch, store: recording, onEvent });
  for (let times = 0; times < 1_002; times++) {
    await client.getToken();
    client.invalidate();
  }
  assert.equal(exchanges, 1_002);
  // The last that the client has forgotten, one before it, one that it knows, and the newest.
  for (const index of [1, 0, 2, 1_001]) {
    await store.set(...(written[index] as (typeof written)[0]));
    misses.length = 0;
    await client.getToken();
    client.invalidate();
    assert.deepEqual(misses, ["rejected"], `token ${index}`);
  }
  const other = lib.createClient({ ...KEYS, fetch, store });
  await store.delete(written[0]?.[0] ?? "");
  const { value } = await other.getToken();
  assert.equal((await client.getToken()).value, value, "one that was issued later is taken");
  client.close();
  other.close();
});

test("an older value that is put back fools a new process, but no client that saw it rejected", async () => {
  const { tokenUrl } = merchant();
  const kept = new Map<string, string>();
  const store: Library.TokenStore = {
    get: async (key) => kept.get(key),
    set: async (key, value) => void kept.set(key, value),
    delete: async (key) => void kept.delete(key),
  };
  const { client, told } = clientOf(tokenUrl, store);
  const { value: revoked } = await client.getToken();
  const [[name = "", older = ""] = []] = kept;
  client.invalidate(); // as after a 401
  const { value: newer } = await client.getToken();
  assert.notEqual(newer, revoked);

  kept.set(name, older);
  client.invalidate();
  const { value: newest } = await client.getToken();
  assert.ok(![revoked, newer].includes(newest));
  assert.ok(told.includes("store.miss rejected"), told.join());

  kept.set(name, older);
  const other = clientOf(tokenUrl, store);
  assert.equal((await other.client.getToken()).value, revoked, "SECURITY.md says so");
});

test("memory forgets what has ended, also what nobody asks for", async (context) => {
  context.mock.timers.enable({ apis: ["Date"], now: 1_000_000 });
  const store = stores.memoryStore();
  await store.set("a", "1", { expiresAtMs: 1_000_100 });
  await store.set("b", "2", { expiresAtMs: 1_000_200 });
  assert.deepEqual(await Promise.all(["a", "b", "c"].map(store.get)), ["1", "2", null]);
  context.mock.timers.setTime(1_000_100);
  assert.deepEqual(await Promise.all(["a", "b"].map(store.get)), [null, "2"]);
  await store.set("b", "3", { expiresAtMs: 1_000_300 });
  assert.equal(await store.get("b"), "3");
  await store.delete("b");
  await store.delete("b");
  assert.equal(await store.get("b"), null);
  await store.set("c", "4", { expiresAtMs: 1_000_200 });
  context.mock.timers.setTime(1_000_200);
  await store.set("d", "5", { expiresAtMs: 1_000_300 }); // forgets the one that has ended
  context.mock.timers.setTime(1_000_150);
  assert.deepEqual(await Promise.all(["c", "d"].map(store.get)), [null, "5"]);
});

test("a folder is shared, and its files hold neither token, claim nor key", async () => {
  const { tokenUrl, exchanges } = merchant();
  const token = await clientOf(tokenUrl, folderStore()).client.getToken();
  const second = clientOf(tokenUrl, folderStore());
  assert.equal((await second.client.getToken()).value, token.value);
  assert.deepEqual(second.told, ["store.hit"]);
  assert.equal(await exchanges(), 1);
  const [file = "", ...others] = globSync("**", { cwd: files }).filter((name) => name !== ".");
  assert.deepEqual(others, []);
  assert.match(file, /^[0-9a-f]{64}$/);
  const raw = readFileSync(join(files, file), "utf8");
  assertNoSecret(`${file} ${raw}`, secretsOf(token));
});

test("a file whose token has ended, or that somebody has changed, is a miss", async () => {
  const { tokenUrl, exchanges } = merchant();
  const { value } = await clientOf(tokenUrl, folderStore()).client.getToken();
  const [file = ""] = globSync("*", { cwd: files });
  const path = join(files, file);
  const raw = readFileSync(path, "utf8");
  const ended = JSON.stringify({ token: "ended", expiresAt: Date.now() - 1, correlationId: null });
  const identity = { ...KEYS, tokenUrl, environment: "TEST" };
  let made = 1;
  for (const [content, reason] of [
    [seal(identity, Buffer.alloc(12, 7), ended), "expired"],
    [raw.slice(0, 30), "unreadable"],
    [`{"value":"${raw}"}`, "unreadable"],
  ] as const) {
    writeFileSync(path, content);
    const { client, told } = clientOf(tokenUrl, folderStore());
    assert.notEqual((await client.getToken()).value, value);
    assert.equal(told[0], `store.miss ${reason}`);
    assert.equal(await exchanges(), ++made);
    const after = clientOf(tokenUrl, folderStore());
    await after.client.getToken();
    assert.deepEqual(after.told, ["store.hit"], "and what was got takes its place");
  }
});

test("a token that was dropped is deleted from a folder", async () => {
  const { tokenUrl } = merchant();
  const storage = createStorage({ driver: fsDriver({ base: files }) });
  const store = stores.unstorageStore(storage);
  const { client, told } = clientOf(tokenUrl, { ...store, set: async () => {} });
  await clientOf(tokenUrl, store).client.getToken();
  client.invalidate(await client.getToken());
  assert.equal((await storage.getKeys()).length, 1);
  await client.getToken();
  assert.deepEqual(await storage.getKeys(), []);
  assert.ok(told.includes("store.miss rejected"), told.join());
  client.close();
});

test("a folder that can't be read or written costs nothing but an event", async () => {
  writeFileSync(join(files, "file"), "");
  const { tokenUrl, exchanges } = merchant();
  const { client, told } = clientOf(tokenUrl, folderStore(join(files, "file")));
  await client.getToken();
  assert.equal(await exchanges(), 1);
  assert.deepEqual(
    told.filter((event) => event.startsWith("store.error")).at(-1),
    "store.error set.failed",
  );
});

test("a storage is told how long a token lives, in whole seconds, and never 0", async () => {
  const ttls: unknown[] = [];
  const store = stores.unstorageStore({
    getItem: async () => null,
    setItem: async (_key, _value, { ttl }) => void ttls.push(ttl),
    removeItem: async () => {},
  });
  for (const inMs of [3_600_000, 1_500, 1, 0, -5_000]) {
    await store.set("key", "value", { expiresAtMs: Date.now() + inMs });
  }
  assert.deepEqual(ttls, [3_600, 2, 1, 1, 1]);
});

test("KV is told how long a token lives, and at least the minute that it asks for", async () => {
  const ttls: unknown[] = [];
  const store = cloudflare.kvStore({
    get: async () => null,
    put: async (_key, _value, { expirationTtl }) => void ttls.push(expirationTtl),
    delete: async () => {},
  });
  for (const inMs of [3_600_000, 60_500, 59_000, 0, -5_000]) {
    await store.set("key", "value", { expiresAtMs: Date.now() + inMs });
  }
  assert.deepEqual(ttls, [3_600, 61, 60, 60, 60]);
});

test("KV reads and deletes by the key that it is given", async () => {
  const kept = new Map([["key", "value"]]);
  const store = cloudflare.kvStore({
    get: async (key) => kept.get(key) ?? null,
    put: async () => {},
    delete: async (key) => void kept.delete(key),
  });
  assert.equal(await store.get("key"), "value");
  assert.equal(await store.get("other"), null);
  await store.delete("key");
  assert.equal(kept.size, 0);
});

test("what is no storage and no namespace is named", () => {
  const all = refusals(stores, cloudflare);
  assert.deepEqual(
    all.filter((refusal) => !isRefused(refusal)),
    [],
  );
  assert.equal(all.length, 16);
});

test("the stores load neither the Wasm nor unstorage", () => {
  const require = createRequire(join(folder, "fresh.cjs"));
  for (const file of Object.keys(require.cache)) {
    delete require.cache[file];
  }
  require("pay4power-auth/stores");
  const loaded = Object.values(require.cache).filter((it) => it?.filename.startsWith(folder));
  assert.ok(loaded.length > 0);
  assert.ok(loaded.every((file) => !file?.filename.includes("unstorage")));
  for (const file of loaded) {
    const text = readFileSync(file?.filename ?? "", "utf8");
    assert.ok(text.length < 65_000 && !text.includes(WASM_IN_BASE64), file?.filename);
  }
  // What bundlers take is less: on Node one file is for all entries.
  const dist = join(folder, "node_modules", "pay4power-auth", "dist");
  const files = new Set(["stores.js"]);
  for (const file of files) {
    const text = readFileSync(join(dist, file), "utf8");
    assert.ok(text.length < 10_000 && !text.includes("WebAssembly"), file);
    for (const [, imported = ""] of text.matchAll(/(?:from|import)"\.\/([^"]+)"/g)) {
      files.add(imported);
    }
  }
  assert.ok(files.size > 1, "what it shares with other entries was looked at");
});
