// KV as a store: a Worker with the packed package in a real workerd, and what its namespace holds.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Miniflare } from "miniflare";
import type * as Library from "pay4power-auth";
import type { Token } from "pay4power-auth";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { startWorker } from "../scripts/workerd.ts";
import { type Script, scripted } from "./portable/harness.ts";
import { seal } from "./support/independent-seal.ts";
import { assertNoSecret } from "./support/leaks.ts";
import { isRefused } from "./support/refusals.ts";
import { type ScriptServer, startScriptServer } from "./support/script-server.ts";
import { KEYS, secretsOf } from "./support/secrets.ts";

const HOUR: Script = { lifetimeS: 3_600 };
const support = join(root, "tests", "support");

let folder: string;
let script: ScriptServer;
let worker: Miniflare | undefined;

before(async () => {
  const names = ["kv-worker.ts", "refusals.ts", "secrets.ts"];
  const files = Object.fromEntries(names.map((name) => [name, join(support, name)]));
  folder = makeConsumer(join(root, "target", "consumers", "kv"), await build(), files);
  script = await startScriptServer();
});
after(() => script.close());
afterEach(() => worker?.dispose());

interface Answer {
  readonly token: Token;
  readonly status: number;
  readonly events: string[];
}

/** A Worker of a merchant whose exchanges are answered as told, and its namespace. */
async function start(exchange: Script = HOUR, api: Script = {}) {
  const { url: tokenUrl, calls } = scripted({ scriptUrl: script.url }, exchange);
  const { url: API_URL } = scripted({ scriptUrl: script.url }, api);
  const started = await startWorker({
    entry: join(folder, "kv-worker.ts"),
    bindings: { TOKEN_URL: tokenUrl, API_URL },
    kvNamespaces: ["TOKENS"],
  });
  worker = started.worker;
  const namespace = await worker.getKVNamespace("TOKENS");
  return {
    tokenUrl,
    namespace,
    exchanges: async () => (await calls()).length,
    async ask<Value = Answer>(path: string): Promise<Value> {
      const response = await fetch(new URL(path, started.url));
      const text = await response.text();
      assert.ok(response.ok, text);
      return JSON.parse(text) as Value;
    },
    /** The only entry that there is. */
    async entry(): Promise<{ name: string; expiration: number; value: string }> {
      const { keys } = await namespace.list();
      assert.equal(keys.length, 1);
      const { name = "", expiration = 0 } = keys[0] ?? {};
      return { name, expiration, value: String(await namespace.get(name)) };
    },
    /** Puts a token into the store as the package would. */
    async store(text: { token: string; expiresAt: number }) {
      const { keys } = await namespace.list();
      const identity = { ...KEYS, tokenUrl, environment: "TEST" };
      const sealed = seal(identity, Buffer.alloc(12, 7), JSON.stringify(text));
      await namespace.put(keys[0]?.name ?? "", sealed);
    },
  };
}

const inSeconds = (expiration: number) => expiration - Date.now() / 1_000;

test("a second isolate makes no exchange, and KV holds neither token, claim nor key", async () => {
  const { ask, entry, exchanges } = await start();
  const begunS = Date.now() / 1_000;
  const first = await ask("/");
  assert.deepEqual(first.events, [
    "store.miss absent",
    "exchange.start absent",
    "exchange.success absent",
  ]);
  const second = await ask("/new");
  assert.deepEqual(second.events, ["store.hit"]);
  assert.deepEqual(second.token, first.token);
  assert.equal(await exchanges(), 1);
  const { name, value, expiration } = await entry();
  assert.match(name, /^[0-9a-f]{64}$/);
  // KV's own clock counts from when it was written, within this test.
  assert.ok(expiration >= begunS + 3_595 && inSeconds(expiration) <= 3_601);
  assertNoSecret(`${name} ${value}`, secretsOf(first.token));
});

test("a Worker and Node share a namespace, by the same entry", async () => {
  const { ask, namespace, tokenUrl, exchanges } = await start();
  const { token } = await ask("/");
  const require = createRequire(join(folder, "index.cjs"));
  const lib = require("pay4power-auth") as typeof Library;
  const { kvStore } = require("pay4power-auth/cloudflare") as typeof Cloudflare;
  const client = lib.createClient({ ...KEYS, tokenUrl, store: kvStore(namespace) });
  assert.equal((await client.getToken()).value, token.value);
  assert.equal(await exchanges(), 1);
  client.close();
});

test("a token that ends within a minute is kept for the minute that KV asks for", async () => {
  const { ask, entry } = await start({ lifetimeS: 20 });
  const begunS = Date.now() / 1_000;
  const { events } = await ask("/");
  assert.ok(!events.join().includes("store.error"), events.join());
  const { expiration } = await entry();
  assert.ok(expiration >= Math.floor(begunS) + 60, `${expiration - begunS} s`);
  assert.ok(inSeconds(expiration) <= 61, `${inSeconds(expiration)} s`);
});

test("a token that has ended is not handed out, however long KV keeps it", async () => {
  const { ask, entry, namespace, exchanges, store } = await start({
    inTurn: [{ lifetimeS: 8 }, HOUR], // not due for a refresh within its first two seconds
  });
  const { token: old } = await ask("/");
  const { name, value } = await entry();
  await sleep(8_100);
  const renewed = await ask("/new");
  assert.equal(renewed.events[0], "store.miss expired");
  assert.notEqual(renewed.token.value, old.value);
  await namespace.put(name, value); // an edge that has not heard of the newer one
  for (const path of ["/drop", "/new"]) {
    const { events, token } = await ask(path);
    assert.equal(events[0], "store.miss expired");
    assert.notEqual(token.value, old.value);
    await namespace.put(name, value);
  }
  assert.equal(await exchanges(), 4);
  await store({ token: "another", expiresAt: Date.now() - 1 });
  assert.equal((await ask("/new")).events[0], "store.miss expired");
});

test("a rejected token is not taken from KV again", async () => {
  const unauthorized = { inTurn: [{ status: 401 }, { body: "{}" }] };
  const { ask, entry, namespace, exchanges } = await start(HOUR, unauthorized);
  const { token: rejected } = await ask("/");
  const { name, value } = await entry();
  const { status, events } = await ask("/fetch");
  assert.equal(status, 200);
  assert.ok(events.includes("token.rejected") && events.includes("store.miss rejected"));
  assert.equal(await exchanges(), 2);
  const { token: second } = await ask("/");
  await namespace.put(name, value);
  const third = await ask("/drop");
  assert.equal(third.events[0], "store.miss rejected");
  assert.ok(![rejected.value, second.value].includes(third.token.value));
  assert.equal(await exchanges(), 3);
});

test("a refresh does not go back to an older token of KV", async () => {
  const { ask, exchanges, store } = await start({ lifetimeS: 12 });
  const { token: first } = await ask("/");
  const expiresAt = Number(first.claims?.exp) * 1_000;
  await sleep(expiresAt - 5_900 - Date.now()); // past the refresh point, wherever that lies
  await store({ token: "an-older-token", expiresAt: expiresAt - 500 });
  const during = await ask("/");
  assert.equal(during.token.value, first.value);
  assert.ok(during.events.includes("store.miss older"), during.events.join());
  const { token } = await ask("/");
  assert.ok(![first.value, "an-older-token"].includes(token.value));
  assert.equal(await exchanges(), 2);
});

test("what somebody has changed in KV is a miss", async () => {
  const { ask, entry, namespace, exchanges } = await start();
  await ask("/");
  const { name, value } = await entry();
  const bytes = Buffer.from(value, "base64");
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
  let made = 1;
  for (const bad of [bytes.toString("base64"), value.slice(0, 20), "", "{}"]) {
    await namespace.put(name, bad);
    assert.equal((await ask("/new")).events[0], "store.miss unreadable");
    assert.equal(await exchanges(), ++made);
  }
});

test("in a Worker too, what is no storage and no namespace is named", async () => {
  const { ask } = await start();
  const all = await ask<string[]>("/refusals");
  assert.deepEqual(
    all.filter((refusal) => !isRefused(refusal)),
    [],
  );
  assert.equal(all.length, 16);
});
