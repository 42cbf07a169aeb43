// What a defect in the middle of an exchange does: all who wait for the exchange hear of it, and no secret is told.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import type * as Library from "pay4power-auth";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { expectHidden } from "./portable/shown.ts";
import { namespaceOf } from "./support/coordinator.ts";
import { FakeService } from "./support/fake-service.ts";
import { requireOf } from "./support/installed.ts";
import { KEYS } from "./support/secrets.ts";

let lib: typeof Library;
let cloudflare: typeof Cloudflare;
let service: FakeService;
const { now } = Date;
const monotonic = performance.now;

before(async () => {
  const require = await requireOf("client-defects");
  lib = require("pay4power-auth") as typeof Library;
  cloudflare = require("pay4power-auth/cloudflare") as typeof Cloudflare;
});
beforeEach(() => {
  service = new FakeService();
});
afterEach(() => {
  Date.now = now;
});

/** Has so many readings of the wall clock fail. */
function breakClock(message: string, times = 1): void {
  let left = times;
  Date.now = () => {
    left -= 1;
    if (left === 0) {
      Date.now = now;
    }
    throw new RangeError(message);
  };
}

/** A client whose clock breaks while its exchange reads the store. */
function breakingClient() {
  let breaks = () => {};
  const client = lib.createClient({
    ...service.options,
    fetch: service.fetch,
    store: {
      async get() {
        breaks();
        return null;
      },
      async set() {},
      async delete() {},
    },
  });
  return {
    client,
    /** Has the next exchange fail with this message. Returns the errors of three callers. */
    async failures(message: string, times?: number) {
      breaks = () => breakClock(message, times);
      const signals = Array.from({ length: 3 }, () => new AbortController().signal);
      const calls = signals.map((signal) => client.getToken({ signal }));
      const settled = await Promise.allSettled(calls);
      breaks = () => {};
      return settled.map((it) => (it.status === "rejected" ? it.reason : assert.fail("a token")));
    },
  };
}

test("all who wait for the exchange get the defect, and the next call gets a token", async () => {
  const { client, failures } = breakingClient();
  const errors = await failures("the clock is broken");
  for (const error of errors) {
    assert.ok(error instanceof lib.AuthError);
    assert.equal(error.code, "P4P_INTERNAL");
    const cause = error.cause as Error;
    assert.deepEqual([cause.name, cause.message], ["RangeError", "the clock is broken"]);
  }
  assert.equal((await client.getToken()).value, "opaque-1");
  client.close();
});

test("a defect that the core does not hear of keeps the next caller until the leader is overdue", async () => {
  const { client, failures } = breakingClient();
  await failures("the clock is broken", 2); // also at the report that the leader is gone
  const { setTimeout } = globalThis;
  const timers: { readonly ring: () => void; readonly ms: number }[] = [];
  globalThis.setTimeout = ((ring: () => void, ms: number) => {
    timers.push({ ring, ms });
    return timers.length;
  }) as never;
  try {
    const token = client.getToken();
    const [{ ring, ms } = assert.fail("no timer"), ...others] = timers;
    assert.deepEqual(others, []);
    assert.ok(ms > 1_000 && ms <= 1_250, `${ms} ms: a read of the store, and a grace`);
    for (let microtasks = 0; microtasks < 50; microtasks++) {
      await undefined;
    }
    assert.equal(timers.length, 1, "nothing else ends the wait");
    performance.now = () => monotonic.call(performance) + 1_250;
    ring();
    assert.equal((await token).value, "opaque-1");
  } finally {
    globalThis.setTimeout = setTimeout;
    performance.now = monotonic;
  }
  client.close();
});

test("a defect does not tell the keys, nor the last token", async () => {
  const { client, failures } = breakingClient();
  const token = await client.getToken();
  client.invalidate(token);
  for (const secret of [KEYS.privateKey, token.value]) {
    const errors = await failures(`broken at ${secret}`);
    for (const error of errors) {
      assert.equal(error.code, "P4P_INTERNAL");
      assert.equal((error.cause as Error).name, "RangeError");
      expectHidden(error, secret);
    }
  }
  client.close();
});

test("a defect of a coordinator's client, which has no keys, is told too", async () => {
  const answer = { error: { code: "P4P_NETWORK", message: "down", retryable: true } };
  const namespace = namespaceOf(() => {
    breakClock("the clock is broken");
    return Response.json(answer);
  });
  const client = cloudflare.coordinatorClient(namespace, { baseUrl: service.origin });
  const error = await client.getToken().catch((thrown: unknown) => thrown);
  assert.ok(error instanceof lib.AuthError);
  assert.equal(error.code, "P4P_INTERNAL");
  assert.equal((error.cause as Error).message, "the clock is broken");
  client.close();
});
