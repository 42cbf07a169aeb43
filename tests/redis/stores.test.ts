// Clients that share a Redis, in processes of their own and in this one, and what becomes of them
// when it fails.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type * as Library from "pay4power-auth";
import type * as Stores from "pay4power-auth/stores";
import { createStorage, type Storage } from "unstorage";
import redisDriver, { type RedisOptions } from "unstorage/drivers/redis";
import { build } from "../../scripts/build.ts";
import { makeConsumer } from "../../scripts/consumer.ts";
import { root } from "../../scripts/project.mjs";
import { type Script, scripted } from "../portable/harness.ts";
import { assertNoSecret } from "../support/leaks.ts";
import { type RedisServer, startRedis } from "../support/redis.ts";
import { type ScriptServer, startScriptServer } from "../support/script-server.ts";
import { KEYS, secretsOf } from "../support/secrets.ts";

const HOUR: Script = { lifetimeS: 3_600 };

let lib: typeof Library;
let stores: typeof Stores;
let folder: string;
let script: ScriptServer;
let redis: RedisServer;
let open: (() => unknown)[] = [];

before(async () => {
  const support = join(root, "tests", "support");
  folder = makeConsumer(join(root, "target", "consumers", "redis"), await build(), {
    "process.ts": join(support, "redis-process.ts"),
  });
  const require = createRequire(join(folder, "index.cjs"));
  lib = require("pay4power-auth") as typeof Library;
  stores = require("pay4power-auth/stores") as typeof Stores;
  script = await startScriptServer();
});
after(() => script.close());

beforeEach(async () => {
  redis = await startRedis();
});
afterEach(async () => {
  await Promise.all(open.map((close) => close()));
  open = [];
  await redis.kill();
});

/** What was asked of the service so far. */
function merchant(answer: Script = HOUR) {
  const { url, calls } = scripted({ scriptUrl: script.url }, answer);
  return { tokenUrl: url, exchanges: async () => (await calls()).length };
}

/** A client of this process, over a connection of its own. */
function clientOf(tokenUrl: string, options: RedisOptions = {}, waitUntil?: () => void) {
  const driver = redisDriver({ url: redis.url, base: "tokens", ...options });
  const connection = driver.getInstance?.();
  connection?.on("error", () => {}); // a user's program would tell it
  const storage: Storage = createStorage({ driver });
  const events: { type: string; reason?: string }[] = [];
  const store = stores.unstorageStore(storage);
  const onEvent = (event: Library.ClientEvent) => events.push(event);
  const client = lib.createClient({ ...KEYS, tokenUrl, store, onEvent, waitUntil });
  open.push(
    () => client.close(),
    () => storage.dispose(),
  );
  const told = () => events.map(({ type, reason }) => `${type} ${reason ?? ""}`.trim());
  return { client, told, connection };
}

/** What Redis holds, asked without the package and without unstorage. */
async function inspect<Value>(use: (connection: Redis) => Promise<Value>): Promise<Value> {
  const connection = new Redis(redis.url);
  try {
    return await use(connection);
  } finally {
    connection.disconnect();
  }
}

/** Looks again and again until it is so; the runner's own timeout ends what never is. */
async function until<Value>(
  look: () => Value | Promise<Value>,
  isSo: (value: Value) => boolean,
): Promise<Value> {
  for (;;) {
    const value = await look();
    if (isSo(value)) {
      return value;
    }
    await sleep(20);
  }
}

async function startProcess(tokenUrl: string): Promise<ChildProcess> {
  const child = fork(join(folder, "process.ts"), [redis.url, tokenUrl]);
  open.push(() => child.kill());
  assert.deepEqual(await once(child, "message"), ["ready", undefined]);
  return child;
}

async function ask(child: ChildProcess): Promise<{ value: string; events: string[] }> {
  child.send("ask");
  const [answer] = await once(child, "message");
  return answer;
}

test("two processes that start together make an exchange each at most, a third makes none", async () => {
  const { tokenUrl, exchanges } = merchant({ ...HOUR, delayMs: 100 });
  const together = await Promise.all([startProcess(tokenUrl), startProcess(tokenUrl)]);
  const answers = await Promise.all(together.map(ask));
  const made = await exchanges();
  assert.ok(made === 1 || made === 2, `${made} exchanges`);
  for (const { events } of answers) {
    assert.ok(events.filter((event) => event.startsWith("exchange.start")).length <= 1);
  }
  const third = await ask(await startProcess(tokenUrl));
  assert.deepEqual(third.events, ["store.hit"]);
  assert.ok(answers.some(({ value }) => value === third.value));
  assert.equal(await exchanges(), made);
});

test("Redis holds neither token, claim nor key, and forgets what it holds", async () => {
  for (const lifetimeS of [3_600, 40]) {
    const { tokenUrl } = merchant({ lifetimeS });
    const token = await clientOf(tokenUrl).client.getToken();
    const [key, raw, ttlMs] = await inspect(async (connection) => {
      const keys = await connection.keys("*");
      assert.equal(keys.length, 1);
      const [key = ""] = keys;
      return [key, (await connection.get(key)) ?? "", await connection.pttl(key)] as const;
    });
    assert.match(key, /^tokens:[0-9a-f]{64}$/);
    assert.ok(ttlMs > 0 && ttlMs <= lifetimeS * 1_000 + 1_000, `${ttlMs} ms`);
    assertNoSecret(`${key} ${raw}`, secretsOf(token));
    await inspect((connection) => connection.flushall());
  }
});

test("what somebody has changed in Redis is a miss", async () => {
  const { tokenUrl, exchanges } = merchant();
  const { value } = await clientOf(tokenUrl).client.getToken();
  const [key, good] = await inspect(async (connection) => {
    const [key = ""] = await connection.keys("*");
    return [key, (await connection.get(key)) ?? ""] as const;
  });
  const bytes = Buffer.from(good, "base64");
  bytes.writeUInt8(bytes.readUInt8(40) ^ 1, 40);
  const flipped = bytes.toString("base64");
  // unstorage reads some of these as JSON.
  const bad = [flipped, good.slice(0, -4), "", "null", "true", "17", '{"a":', '{"a":1}', "[]"];
  let made = 1;
  for (const raw of bad) {
    await inspect((connection) => connection.set(key, raw));
    const { client, told } = clientOf(tokenUrl);
    assert.notEqual((await client.getToken()).value, value);
    assert.match(told()[0] ?? "", /^store\.miss (unreadable|absent)$/, raw);
    assert.equal(await exchanges(), ++made);
  }
  await inspect((connection) => connection.set(key, good));
  assert.equal((await clientOf(tokenUrl).client.getToken()).value, value);
});

test("merchants, and prefixes, of one Redis do not meet", async () => {
  const [one, two] = [merchant(), merchant()];
  const tokens = [
    await clientOf(one.tokenUrl).client.getToken(),
    await clientOf(two.tokenUrl).client.getToken(),
    await clientOf(one.tokenUrl, { base: "others" }).client.getToken(),
  ];
  assert.equal(new Set(tokens.map(({ value }) => value)).size, 3);
  assert.equal((await inspect((connection) => connection.keys("*"))).length, 3);
});

// As ioredis is by default, commands wait for the connection to come back; and where they don't.
for (const enableOfflineQueue of [true, false]) {
  test(`Redis dies ${enableOfflineQueue ? "with" : "without"} a queue: callers get tokens`, async () => {
    const { tokenUrl, exchanges } = merchant();
    const { client, told, connection } = clientOf(tokenUrl, { enableOfflineQueue });
    assert.ok(connection);
    await once(connection, "ready");
    await client.getToken();
    await redis.kill();
    client.invalidate();
    const begun = Date.now();
    const tokens = await Promise.all(Array.from({ length: 20 }, () => client.getToken()));
    const elapsedMs = Date.now() - begun;
    assert.ok(elapsedMs < 4_000, `${elapsedMs} ms`);
    assert.equal(new Set(tokens).size, 1);
    assert.equal(await exchanges(), 2);
    await until(told, (events) => events.some((event) => event.startsWith("store.error set")));
    const errors = told().filter((event) => event.startsWith("store.error"));
    assert.match(errors.join(), /^store\.error get\.\w+,store\.error set\.\w+$/);
  });
}

test("Redis hangs: the caller gets a token after a second, and Redis is used again when it wakes", async () => {
  const { tokenUrl, exchanges } = merchant();
  const { client, told } = clientOf(tokenUrl, {}, () => {});
  const first = await client.getToken();
  const stored = await inspect(async (connection) => {
    // Without a wait for the write, which `waitUntil` was to do.
    const [key = ""] = await until(
      () => connection.keys("*"),
      (keys) => keys.length > 0,
    );
    return [key, await connection.get(key)] as const;
  });
  redis.hang();
  client.invalidate();
  const begun = Date.now();
  const second = await client.getToken();
  const elapsedMs = Date.now() - begun;
  assert.ok(elapsedMs >= 990 && elapsedMs < 2_500, `${elapsedMs} ms`);
  assert.notEqual(second.value, first.value);
  assert.ok(told().includes("store.error get.timeout"));
  await until(told, (events) => events.includes("store.error set.timeout"));
  const [key = "", old] = stored;
  redis.wake();
  // What Redis was told while it hung, it does.
  await until(
    () => inspect((connection) => connection.get(key)),
    (value) => value !== null && value !== old,
  );
  assert.equal(await exchanges(), 2);
  const { client: other, told: toldOther } = clientOf(tokenUrl);
  assert.equal((await other.getToken()).value, second.value);
  assert.deepEqual(toldOther(), ["store.hit"]);
});

test("Redis is not there at the start: callers get tokens", async () => {
  await redis.kill();
  const { tokenUrl, exchanges } = merchant();
  const { client, told } = clientOf(tokenUrl, { maxRetriesPerRequest: 0 });
  await client.getToken();
  assert.equal(await exchanges(), 1);
  assert.deepEqual(told()[0], "store.error get.failed");
  assert.deepEqual(told().at(-1), "store.error set.failed");
});
