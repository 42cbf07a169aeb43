// When the alarm of a coordinator's object rings again: after a refresh, and after each kind of failure.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { CoordinatorWorld, HOUR_MS } from "./support/coordinator-world.ts";

const world = new CoordinatorWorld("coordinator-alarm");

const down = (headers: Record<string, string> = {}) => new Response(null, { status: 503, headers });
const refused = () => Response.json({ success: false, statusCode: 401 }, { status: 401 });

/** Rings the alarm. Returns how many milliseconds later it rings again. */
async function ring(object: ReturnType<typeof world.object>): Promise<number[]> {
  world.alarms.length = 0;
  await object.alarm();
  return world.alarms.map((atMs) => atMs - world.nowMs);
}

describe("without a token", () => {
  test("the alarm rings a minute after a failure, or when the service says, in ten minutes at most", async () => {
    for (const [asked, ms] of [
      [undefined, 60_000],
      ["5", 60_000],
      ["120", 120_000],
      ["600", 600_000],
      ["3600", 600_000],
    ] as const) {
      world.answers = [down(asked === undefined ? {} : { "Retry-After": asked })];
      assert.deepEqual(await ring(world.object({ retries: 0 })), [ms], asked);
    }
    assert.equal(world.publicKeys.length, 5);
  });

  test("the alarm rings no more where only a person can help", async () => {
    world.answers = [refused()];
    assert.deepEqual(await ring(world.object()), []);
    assert.equal(world.publicKeys.length, 1);
    assert.deepEqual(await ring(world.object({ retries: -1 })), []);
  });

  test("the alarm rings a second after a defect", async () => {
    const object = world.object();
    world.globals.set("performance", {
      now() {
        throw new RangeError("broken");
      },
      timeOrigin: 1,
    });
    assert.deepEqual(await ring(object), [1_000]);
  });

  test("the alarm gets one, and rings at its refresh", async () => {
    const [ms = 0, ...others] = new Set(await ring(world.object()));
    assert.ok(ms >= HOUR_MS * 0.7 && ms <= HOUR_MS * 0.8, `${ms} ms`);
    assert.deepEqual(others, []);
    assert.equal(world.publicKeys.length, 1);
  });
});

describe("with a token whose refresh fails", () => {
  /** The object at this share of its token's life. The service is down. */
  async function at(share: number) {
    const object = world.object({ retries: 0 });
    await object.ask();
    world.nowMs += HOUR_MS * share;
    world.answers = Array.from({ length: 10 }, () => down());
    return object;
  }

  test("the alarm rings when the cool-down of the refresh is over", async () => {
    const object = await at(0.85);
    assert.deepEqual(await ring(object), [5_000]);
    assert.equal(world.publicKeys.length, 2);
  });

  test("the alarm rings after a second, if the token is about to end", async () => {
    const object = await at(0.995);
    assert.deepEqual(await ring(object), [1_000]);
    assert.equal((await object.ask()).token?.value, "opaque-1");
  });
});
