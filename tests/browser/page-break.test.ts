// The buttons of the page that break something, against what the sandbox counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countsOf,
  press,
  type Scene,
  type SceneOptions,
  setUpScenes,
  shownCounts,
  textOf,
  tokenIsAtHand,
  waitForText,
} from "../support/page.ts";

const withScene = setUpScenes("page-break");

const scene = (use: (scene: Scene) => Promise<void>, options: SceneOptions = {}) =>
  withScene(options, async (opened) => {
    await tokenIsAtHand(opened.page);
    await use(opened);
    const { exchanges } = countsOf(opened.sandbox);
    assert.equal((await shownCounts(opened.page)).exchanges, exchanges, "as the sandbox counted");
    assert.deepEqual(opened.complaints, []);
  });

test("wrong keys open the circuit and leave no claims; right keys and reset() close it", async () => {
  await scene(async ({ page, sandbox }) => {
    const before = countsOf(sandbox);
    const sentence = await press(page, "wrong");
    assert.match(sentence, /^1 exchange, then 3 of 3 calls failed with P4P_CREDENTIALS_REJECTED\./);
    assert.match(sentence, /circuit is open: for 30\.0 s/);
    const rejected = countsOf(sandbox);
    assert.deepEqual([rejected.exchanges, rejected.tokens], [2, 1]);
    assert.equal(rejected.services, before.services, "no request left without a token");
    await waitForText(page, "outcome", "No token");
    assert.equal(await textOf(page, "#circuit"), "open");
    assert.match(await textOf(page, "#cooldown"), /^cool-down: (30|2\d) s$/); // some of it has passed
    assert.equal(await textOf(page, "#code"), "P4P_CREDENTIALS_REJECTED");
    const remedy = /What to do: Find out if the keys were rotated/;
    await page.locator("#failure", { hasText: remedy }).waitFor();
    assert.match(await textOf(page, "#failed-id"), /^[0-9a-f-]{36}$/);
    assert.equal(await textOf(page, "#countdown"), "–");
    const claims = await textOf(page, "#claims");
    assert.equal(claims.trim(), "There is no token, so there are no claims.");
    assert.match(
      await press(page, "one"),
      /^1 call failed with P4P_CREDENTIALS_REJECTED\. In a cool/,
    );
    assert.equal(countsOf(sandbox).exchanges, 2, "the cool-down holds the exchange back");

    const repaired = await press(page, "right");
    assert.match(
      repaired,
      /^reset\(\) closed the circuit\. The service refused the old keys .*: 2 exchanges\.$/,
    );
    await tokenIsAtHand(page);
    assert.deepEqual([countsOf(sandbox).exchanges, countsOf(sandbox).tokens], [4, 2]);
    assert.equal(await textOf(page, "#circuit"), "closed");
    assert.match(await textOf(page, "#claims"), /merchant_name\s+Merchant_1/);
  });
});

test("reset() after wrong keys closes the circuit, and the next call asks again", async () => {
  await scene(async ({ page, sandbox }) => {
    await press(page, "wrong");
    assert.match(
      await press(page, "reset"),
      /^The circuit is closed and all cool-downs have ended/,
    );
    await waitForText(page, "circuit", "closed");
    assert.equal(countsOf(sandbox).exchanges, 2, "reset() itself sends nothing");
    await press(page, "one");
    assert.equal(countsOf(sandbox).exchanges, 3);
    await waitForText(page, "circuit", "open");
  });
});

test("ten calls that meet a revoked token share one exchange, and are sent once more", async () => {
  await scene(async ({ page, sandbox }) => {
    const before = countsOf(sandbox);
    const sentence = await press(page, "revoke");
    assert.match(
      sentence,
      /^10 of 10 calls got a 401\. They shared 1 exchange, .* sent 10 of them once/,
    );
    assert.match(sentence, /: 10 were answered\.$/);
    const { exchanges, services } = countsOf(sandbox);
    assert.deepEqual([exchanges, services], [2, before.services + 20]);
    assert.equal(await page.locator("#timeline .mark.rejected").count(), 10);
  });
});

test("after a 429 the client waits as long as the service asks", async () => {
  await scene(async ({ page, sandbox }) => {
    const sentence = await press(page, "limit");
    assert.match(sentence, /asked for a wait, so the client waited 3\.0 s, .* got a token/);
    const { exchanges, tokens } = countsOf(sandbox);
    assert.deepEqual([exchanges, tokens], [3, 2], "two attempts: the 429, and the token");
  });
});

test("during an outage cool-downs hold the client back, and it comes back by itself", async () => {
  await scene(async ({ page, sandbox }) => {
    const sentence = await press(page, "outage");
    const [, failed, atOnce, asked] =
      /^(\d+) calls failed with P4P_SERVICE_UNAVAILABLE, (\d+) of them at once: .* counted (\d+) token calls\. Then a new token came by itself/.exec(
        sentence,
      ) ?? [];
    const { exchanges, tokens } = countsOf(sandbox);
    assert.equal(exchanges, 1 + Number(asked), sentence);
    assert.equal(tokens, 2);
    assert.ok(Number(atOnce) > 0 && Number(failed) > Number(atOnce), sentence);
    const log = await textOf(page, "#log");
    assert.match(log, /cooldown\.start\s+exchange 2, P4P_SERVICE_UNAVAILABLE, 1\.0 s/);
    await tokenIsAtHand(page);
  });
});

test("five calls share one slow exchange", async () => {
  await scene(async ({ page, sandbox }) => {
    const sentence = await press(page, "slow");
    assert.match(
      sentence,
      /5 calls waited for the next one, 2\.\d s at the most\. .* 1 exchange for all/,
    );
    assert.equal(countsOf(sandbox).exchanges, 2);
  });
});

test("an attempt that hangs is given up, and the next one gets a token", async () => {
  await scene(async ({ page, sandbox }) => {
    const sentence = await press(page, "hang");
    assert.match(sentence, /^No answer came within 3\.0 s \(timeoutMs\), .* The call took 3\.\d s/);
    const { exchanges, tokens } = countsOf(sandbox);
    assert.deepEqual([exchanges, tokens], [3, 2]);
  });
});

test("a wall clock that is six hours ahead costs one exchange, and its correction none", async () => {
  await scene(async ({ page, sandbox }) => {
    const clock = page.locator("#clock");
    assert.match(await press(page, "clock"), /6 hours ahead now \(simulated\)\. .*: 1 exchange\./);
    assert.equal(await clock.getAttribute("aria-pressed"), "true");
    await tokenIsAtHand(page);
    assert.equal(countsOf(sandbox).exchanges, 2);
    assert.match(await press(page, "clock"), /right again\. .*left at once: 0 exchanges\./);
    assert.equal(await clock.getAttribute("aria-pressed"), "false");
    assert.equal(countsOf(sandbox).exchanges, 2);
    assert.ok(!(await textOf(page, "#log")).includes("token.rejected"));
  });
});

test("after a suspension the client sends no token that has ended", async () => {
  await scene(
    async ({ page, sandbox }) => {
      const before = countsOf(sandbox);
      const sentence = await press(page, "suspend");
      assert.match(
        sentence,
        /\(simulated\)\. .* the call waited for a new token: 1 exchange, no 401\.$/,
      );
      assert.equal(sandbox.control.status().shiftMs, 60_000, "the service did not sleep");
      const { exchanges, services } = countsOf(sandbox);
      assert.deepEqual([exchanges, services], [2, before.services + 1]);
      await tokenIsAtHand(page);
    },
    { lifetimeS: 30 },
  );
});
