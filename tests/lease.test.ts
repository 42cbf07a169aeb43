// When a client hands out its token without a question to the core, to the millisecond.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type * as Library from "pay4power-auth";
import { accepted } from "./portable/harness.ts";
import { FakeService } from "./support/fake-service.ts";
import { loadLibrary } from "./support/installed.ts";

const LIFETIME_S = 10;

let lib: typeof Library;
let wallMs: number;
let monotonicMs: number;
/** How often the monotonic clock was read. */
let reads: number;
const { now } = Date;
const monotonic = performance.now;

before(async () => {
  lib = await loadLibrary("lease");
});

beforeEach(() => {
  wallMs = 1_800_000_000_000;
  monotonicMs = 100_000;
  reads = 0;
  Date.now = () => wallMs;
  performance.now = () => {
    reads += 1;
    return monotonicMs;
  };
});

afterEach(() => {
  Date.now = now;
  performance.now = monotonic;
});

/** A client with a token that has just begun, and the types of its events from then on. */
async function freshClient() {
  const service = new FakeService();
  const events: string[] = [];
  const client = lib.createClient({
    ...service.options,
    fetch: async () => {
      const expiresAt = Math.ceil(wallMs / 1_000) + LIFETIME_S;
      return new Response(accepted({ token: "opaque", expiresAt, tokenType: "Bearer" }));
    },
    onEvent: ({ type }) => events.push(type),
  });
  await client.getToken();
  events.length = 0;
  reads = 0;
  return { client, events };
}

function move(wallMoveMs: number, monotonicMoveMs = wallMoveMs): void {
  wallMs += wallMoveMs;
  monotonicMs += monotonicMoveMs;
}

test("the monotonic clock is read only if the wall clock has moved by 50 ms", async () => {
  const { client } = await freshClient();
  const readsOf = async () => {
    reads = 0;
    await client.getToken();
    return reads;
  };
  assert.equal(await readsOf(), 0);
  move(49);
  assert.equal(await readsOf(), 0);
  move(1);
  assert.equal(await readsOf(), 1, "50 ms after the last reading");
  move(49);
  assert.equal(await readsOf(), 0);
  move(1);
  assert.equal(await readsOf(), 1);
  move(-49, 0);
  assert.equal(await readsOf(), 0);
  move(-1, 0);
  assert.ok((await readsOf()) > 0, "50 ms before the last reading");
  client.close();
});

/** Steps by both clocks: the wall clock alone, and both. A token ages by the clock that advanced more. */
for (const monotonicStepMs of [0, 1]) {
  test(`a token is handed out up to the millisecond before it is due (the monotonic clock moves by ${monotonicStepMs})`, async () => {
    const { client, events } = await freshClient();
    let ageMs = 0;
    while (client.state().token === "fresh") {
      await client.getToken();
      assert.deepEqual(events, [], `after ${ageMs} ms`);
      move(1, monotonicStepMs);
      ageMs += 1;
    }
    assert.ok(ageMs > (LIFETIME_S * 1_000) / 2 && ageMs < LIFETIME_S * 1_000, `${ageMs}`);
    await client.getToken();
    assert.equal(events[0], "refresh.background", `after ${ageMs} ms`);
    client.close();
  });
}

test("a monotonic clock that ran on while the wall clock almost stood ends the token", async () => {
  const { client, events } = await freshClient();
  move(60, LIFETIME_S * 1_000);
  await client.getToken();
  assert.deepEqual(events, ["exchange.start", "exchange.success"]);
  client.close();
});

test("the monotonic clock ends the lease to the millisecond too", async () => {
  const { random } = Math;
  Math.random = () => 0; // no jitter: the refresh is due when a fifth of the lifetime is left
  const { client, events } = await freshClient().finally(() => {
    Math.random = random;
  });
  move(60, LIFETIME_S * 800 - 1);
  await client.getToken();
  assert.deepEqual(events, []);
  move(60, 1);
  await client.getToken();
  assert.equal(events[0], "refresh.background");
  client.close();
});

test("a refresh that has failed ends the lease", async () => {
  const { random } = Math;
  Math.random = () => 0; // no jitter: the refresh is due when a fifth of the lifetime is left
  const service = new FakeService();
  const token = async () => {
    const expiresAt = Math.ceil(wallMs / 1_000) + 2;
    return new Response(accepted({ token: "opaque", expiresAt, tokenType: "Bearer" }));
  };
  const answers = [token, async () => new Response(null, { status: 500 }), token];
  const events: string[] = [];
  const client = lib.createClient({
    ...service.options,
    retries: 0,
    fetch: () => answers.shift()?.() ?? assert.fail("a fourth exchange"),
    onEvent: ({ type }) => events.push(type),
  });
  try {
    await client.getToken();
    move(1_600);
    await client.getToken();
    while (!events.includes("cooldown.start")) {
      await turn();
    }
    move(200); // its cool-down is over: a tenth of the lifetime
    events.length = 0;
    await client.getToken();
    assert.deepEqual(events.slice(0, 2), ["cooldown.end", "refresh.background"]);
  } finally {
    Math.random = random;
    client.close();
  }
});

test("a monotonic clock that was put back ends the token, and one that stands does not", async () => {
  const { client, events } = await freshClient();
  move(60, 0);
  await client.getToken();
  assert.deepEqual(events, []);
  assert.equal(reads, 1, "the core is not asked");
  move(60, -2_000);
  await client.getToken();
  assert.deepEqual(events, ["exchange.start", "exchange.success"]);
  client.close();
});
