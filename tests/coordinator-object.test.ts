// What a coordinator's object decides: whose keys it uses, what it stores, and which token it answers with. Node stands
// in for Cloudflare. `tests/coordinator.test.ts` shows the same in workerd.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { hashOf } from "./support/coordinator.ts";
import { CoordinatorWorld, HOUR_MS } from "./support/coordinator-world.ts";
import { until } from "./support/until.ts";

const world = new CoordinatorWorld("coordinator-object");

const refused = () => Response.json({ success: false, statusCode: 401 }, { status: 401 });

describe("the keys of an object", () => {
  test("are those of its options, where it has some", async () => {
    const keys = { publicKey: "PUB_KEY_other", privateKey: "PRIV_KEY_other" };
    await world.object(keys).ask();
    world.kept.clear();
    await world.object({ credentials: async () => keys }).ask();
    assert.deepEqual(world.publicKeys, ["PUB_KEY_other", "PUB_KEY_other"]);
  });

  test("are named as its secrets, and what is no secret by its own name", async () => {
    const { error } = await world.object({ privateKey: "PUB_KEY_public" }).ask();
    assert.equal(error?.code, "P4P_INVALID_OPTIONS");
    assert.match(error.message, /^`PAY4POWER_PRIVATE_KEY` of the Worker's environment must be /);
    const { error: other } = await world.object({ retries: -1 }).ask();
    assert.match(String(other?.message), /^`retries` must be /);
  });
});

describe("the storage of an object", () => {
  test("has its token after an eviction, and the alarm is set again", async () => {
    const first = await world.object().ask();
    const told: string[] = [];
    const second = await world.object({ onEvent: ({ type }) => told.push(type) }).ask();
    assert.equal(second.token?.value, first.token?.value);
    assert.equal(world.publicKeys.length, 1);
    assert.deepEqual(told, ["store.hit"]);
    assert.equal(world.alarms.length, 2);
    for (const atMs of world.alarms) {
      const share = (atMs - world.nowMs) / HOUR_MS;
      assert.ok(share >= 0.7 && share <= 0.8, `at ${share} of the token's life`);
    }
  });

  test("has one token, and what is not the package's stays", async () => {
    const { kept } = world;
    kept.set("token:of-other-keys", "sealed").set("other", 1);
    const deleted: string[] = [];
    kept.delete = (key) => {
      deleted.push(key);
      return Map.prototype.delete.call(kept, key);
    };
    const object = world.object();
    for (let times = 0; times < 2; times++) {
      await object.ask();
      await Promise.all(world.waits);
      const [other, key = "", ...more] = [...kept.keys()];
      assert.deepEqual([other, ...more], ["other"]);
      assert.match(key, /^token:[0-9a-f]{64}$/);
      world.nowMs += HOUR_MS;
    }
    assert.equal(world.publicKeys.length, 2);
    assert.deepEqual(deleted, ["token:of-other-keys"], "a new token replaces the last one");
  });

  test("loses a token that the service rejects before the next exchange", async () => {
    const object = world.object();
    const { token } = await object.ask();
    await Promise.all(world.waits);
    assert.equal(world.kept.size, 1);
    const release = world.hold();
    const next = object.ask({ rejected: [hashOf(token?.value ?? "")] });
    await until(() => world.publicKeys.length === 2);
    assert.equal(world.kept.size, 0);
    release();
    assert.notEqual((await next).token?.value, token?.value);
  });

  test("is written while the object waits", async () => {
    const release = world.hold();
    const answer = world.object().ask();
    await until(() => world.publicKeys.length === 1);
    assert.equal(world.waits.length, 1, "the exchange");
    release();
    await answer;
    await Promise.all(world.waits);
    assert.deepEqual([world.kept.size, world.alarms.length], [1, 1]);
  });
});

describe("the answer of an object", () => {
  test("counts the life of a token from the question", async () => {
    const release = world.hold();
    const answer = world.object().ask();
    await until(() => world.publicKeys.length === 1);
    world.nowMs += 2_000;
    release();
    const { endsInMs, tookMs } = await answer;
    assert.deepEqual([tookMs, endsInMs], [2_000, HOUR_MS + 2_000]);
  });

  test("is another token than those that were rejected", async () => {
    const object = world.object();
    const first = await object.ask();
    const hash = hashOf(String(first.token?.value));
    assert.equal((await object.ask({ rejected: [hashOf("another")] })).token?.value, "opaque-1");
    assert.equal((await object.ask({ rejected: [hash] })).token?.value, "opaque-2");
    assert.equal((await object.ask({ rejected: [hash] })).token?.value, "opaque-2");
    const rejected = [hash, hashOf("opaque-2")];
    assert.equal((await object.ask({ rejected })).token?.value, "opaque-3");
    assert.equal(world.publicKeys.length, 3);
  });

  test("to an isolate that has the token comes with the refresh that is under way, to another at once", async () => {
    const object = world.object();
    const first = await object.ask();
    const current = hashOf(String(first.token?.value));
    world.nowMs += HOUR_MS * 0.85;
    const release = world.hold();
    assert.equal((await object.ask()).token?.value, "opaque-1");
    assert.equal(world.publicKeys.length, 2, "the refresh has begun");
    world.globals.holdTimers(); // so that nothing but the refresh ends the wait
    let value: string | undefined;
    const later = object.ask({ current }).then(({ token }) => {
      value = token?.value;
    });
    assert.equal((await object.ask({ current: hashOf("another") })).token?.value, "opaque-1");
    await turn();
    assert.equal(value, undefined);
    release();
    await later;
    assert.equal(value, "opaque-2");
  });

  test("waits 2 s for that refresh at most", async () => {
    const object = world.object();
    const { token } = await object.ask();
    world.nowMs += HOUR_MS * 0.85;
    const release = world.hold();
    await object.ask();
    const timers = world.globals.holdTimers();
    const answer = object.ask({ current: hashOf(String(token?.value)) });
    await until(() => timers.length > 0);
    const [{ ring, ms } = assert.fail("no timer"), ...others] = timers;
    assert.deepEqual([ms, others], [2_000, []]);
    ring();
    assert.equal((await answer).token?.value, "opaque-1");
    release();
  });

  test("says why there is no token", async () => {
    world.answers = [refused(), refused()];
    const { error } = await world.object().ask({ reset: true });
    assert.equal(error?.code, "P4P_CREDENTIALS_REJECTED");
    assert.equal(error.retryAfterMs, null);
    assert.equal(world.publicKeys.length, 1, "a failure is no defect: nothing is done again");
  });

  test("hides one defect, and tells of the second", async () => {
    const { subtle } = crypto;
    let defects = 0;
    const digest = async (name: string, bytes: Uint8Array<ArrayBuffer>) => {
      if (defects > 0 && new TextDecoder().decode(bytes) === "opaque-1") {
        defects -= 1;
        throw new RangeError("broken");
      }
      return subtle.digest(name, bytes);
    };
    const object = world.object();
    await object.ask();
    world.globals.set("crypto", { subtle: { digest } });
    defects = 1;
    assert.equal((await object.ask()).token?.value, "opaque-1");
    defects = 2;
    assert.equal((await object.ask()).error?.code, "P4P_INTERNAL");
    assert.equal(defects, 0);
    assert.equal((await object.ask()).token?.value, "opaque-1");
  });
});

describe("a cool-down of an object", () => {
  test("ends by a message, or by a question that carries the reset", async () => {
    for (const reset of ["a message", "a question"]) {
      world.answers = [refused()];
      const object = world.object();
      const before = world.publicKeys.length;
      for (let times = 0; times < 2; times++) {
        assert.equal((await object.ask()).error?.code, "P4P_CREDENTIALS_REJECTED");
        assert.equal(world.publicKeys.length, before + 1);
      }
      if (reset === "a message") {
        assert.deepEqual(await object.tell({ type: "reset" }), {});
      }
      const { token } = await object.ask({ reset: reset === "a question" });
      assert.equal(token?.value, `opaque-${before + 2}`);
      world.kept.clear();
    }
  });
});

describe("the answer to a replay", () => {
  const report = (value: string, more: object) => ({
    type: "replayed",
    hash: hashOf(value),
    unauthorized: true,
    isDropped: false,
    ...more,
  });

  test("that was a 401 keeps the object from another exchange for it", async () => {
    const object = world.object();
    await object.ask();
    assert.deepEqual(await object.tell(report("opaque-1", {})), {});
    const rejected = [hashOf("opaque-1")];
    assert.equal((await object.ask({ rejected })).token?.value, "opaque-1");
    // Another address may accept the same token.
    await object.tell(report("opaque-1", { unauthorized: false }));
    assert.equal((await object.ask({ rejected })).token?.value, "opaque-1");
    assert.equal(world.publicKeys.length, 1);
  });

  test("that was accepted allows another exchange", async () => {
    const object = world.object();
    await object.ask();
    await object.tell(report("opaque-1", { unauthorized: false }));
    const rejected = [hashOf("opaque-1")];
    assert.equal((await object.ask({ rejected })).token?.value, "opaque-2");
  });

  test("ends a token that an isolate has dropped", async () => {
    const object = world.object();
    await object.ask();
    await object.tell(report("opaque-1", { isDropped: true }));
    assert.equal((await object.ask()).token?.value, "opaque-2");
    // The replay with the newest token has no answer yet, so the object makes no exchange.
    const rejected = [hashOf("opaque-2")];
    assert.equal((await object.ask({ rejected })).token?.value, "opaque-2");
  });

  test("with another token than the current one says nothing", async () => {
    const object = world.object();
    await object.tell(report("opaque-1", { isDropped: true }));
    await object.ask();
    for (const isDropped of [true, false]) {
      await object.tell(report("opaque-0", { isDropped }));
    }
    assert.equal((await object.ask()).token?.value, "opaque-1");
    const rejected = [hashOf("opaque-1")];
    assert.equal((await object.ask({ rejected })).token?.value, "opaque-2");
  });
});
