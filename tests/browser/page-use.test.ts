// The page of npm start as a person uses it: the token, the buttons that use the client, and the second clock.
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

const withScene = setUpScenes("page-use");

const scene = (use: (scene: Scene) => Promise<void>, options: SceneOptions = {}) =>
  withScene(options, use);

test("it shows a token, its claims as unverified, and how long it lasts", async () => {
  await scene(async ({ page, complaints }) => {
    await tokenIsAtHand(page);
    assert.match(await textOf(page, "#version"), /^\d+\.\d+\.\d+$/);
    assert.equal(await textOf(page, "[data-fact=environment]"), "TEST");
    assert.equal(await textOf(page, "[data-fact=merchant]"), "Merchant_1");
    assert.match(await textOf(page, "[data-fact=correlationId]"), /^[0-9a-f-]{36}$/);
    assert.match(await textOf(page, "#claims-title"), /not verified/);
    assert.match(await textOf(page, "#claims"), /tier\s+Diamond\s+The price tier/);
    const year = new Date().getFullYear();
    assert.match(await textOf(page, "#claims"), new RegExp(`exp\\s+.*${year}.*\\s+The token ends`));
    assert.equal(await textOf(page, "#countdown"), "60 min");
    assert.ok(!/eyJ|PRIV_KEY/.test(await textOf(page, "body")), "no token and no key is shown");
    assert.equal(await textOf(page, "#guard"), "AuthError P4P_BROWSER_REFUSED");
    assert.deepEqual(complaints, []);
  });
});

test("with a call a second, the tokens are renewed before they end, and no call waits for one", async () => {
  const lifetimeS = 100;
  await scene(
    async ({ page, sandbox }) => {
      await tokenIsAtHand(page);
      const first = await textOf(page, "[data-fact=correlationId]");
      for (let seconds = 0; countsOf(sandbox).exchanges < 2; seconds++) {
        assert.ok(seconds < lifetimeS, "no exchange in a whole lifetime");
        const answer = page.waitForResponse(/\/services$/);
        await page.clock.runFor(1_000);
        await answer;
      }
      await page.waitForFunction(
        (text) => document.querySelector("[data-fact=correlationId]")?.textContent !== text,
        first,
      );
      assert.equal(countsOf(sandbox).tokens, 2);
      assert.equal((await shownCounts(page)).waited, 1, "only the first call has waited");
      assert.match(await textOf(page, "#log"), /refresh\.background\s+exchange 2, expiry/);
      assert.equal(await page.locator("#timeline .life").count(), 2);
      assert.equal(await page.locator("#timeline .mark.success").count(), 1, "the first is old");
    },
    { lifetimeS, steady: true, before: ({ page }) => page.clock.install() },
  );
});

test("without calls, a token that ends says so", async () => {
  await scene(
    async ({ page, sandbox }) => {
      await waitForText(page, "outcome", "Token expired");
      assert.equal(await textOf(page, "#countdown"), "–");
      assert.equal(countsOf(sandbox).tokens, 1, "a client without calls asks for nothing");
      assert.match(await press(page, "one"), /^No usable token was at hand, so 1 call waited/);
      await tokenIsAtHand(page);
      assert.equal(countsOf(sandbox).tokens, 2);
    },
    { lifetimeS: 3 },
  );
});

test("the points of the token's life are those that the package documents", async () => {
  await scene(
    async ({ page }) => {
      await tokenIsAtHand(page);
      const points = await page.locator("#points b").allInnerTexts();
      const numbers = points.map((text) => (text.match(/\d+/g) ?? []).map(Number));
      const [, [from = 0, to = 0] = [], [wait = 0] = [], [dead = 0] = [], [expiry = 0] = []] =
        numbers;
      assert.ok(expiry > 60 && expiry <= 100, `expiry in ${expiry} s`);
      assert.deepEqual([from, to], [expiry - 30, expiry - 20]);
      assert.equal(wait, expiry - 5);
      assert.equal(dead, expiry - 2);
    },
    { lifetimeS: 100 },
  );
});

test("one call, and 100 calls, share the token at hand", async () => {
  await scene(async ({ page, sandbox }) => {
    await tokenIsAtHand(page);
    const before = countsOf(sandbox);
    assert.match(await press(page, "one"), /^The request left at once: .* counted 0 exchanges/);
    assert.equal(countsOf(sandbox).services, before.services + 1);
    assert.match(await press(page, "hundred"), /^All 100 requests left at once/);
    const { services, exchanges } = countsOf(sandbox);
    assert.deepEqual([services, exchanges], [before.services + 101, 1]);
    const shown = await shownCounts(page);
    assert.deepEqual([shown.calls, shown.exchanges, shown.waited], [services, 1, 1]);
  });
});

test("invalidate() drops the token and sends nothing; then 100 calls share one exchange", async () => {
  await scene(async ({ page, sandbox }) => {
    await tokenIsAtHand(page);
    const before = countsOf(sandbox);
    assert.match(await press(page, "invalidate"), /^The client dropped its token and sent nothing/);
    await waitForText(page, "outcome", "No token");
    assert.deepEqual(countsOf(sandbox), before);
    assert.match(await press(page, "invalidate"), /^There was no token to drop/);
    const sentence = await press(page, "hundred");
    assert.match(sentence, /100 calls waited for the next one, .* counted 1 exchange for all/);
    const { exchanges, services } = countsOf(sandbox);
    assert.deepEqual([exchanges, services], [2, before.services + 100]);
    const shown = await shownCounts(page);
    assert.deepEqual([shown.exchanges, shown.waited], [2, 101]);
  });
});

test("reset() without a failure ends nothing, and sends nothing", async () => {
  await scene(async ({ page, sandbox }) => {
    await tokenIsAtHand(page);
    const before = countsOf(sandbox);
    assert.match(await press(page, "reset"), /^There was nothing to end/);
    assert.deepEqual(countsOf(sandbox), before);
  });
});

test("a load of the page restores the sandbox, so that the page counts from 0", async () => {
  await scene(async ({ page, sandbox }) => {
    await tokenIsAtHand(page);
    await press(page, "pay");
    sandbox.control.failNext({ status: 503, count: 100 });
    await page.reload();
    await tokenIsAtHand(page);
    assert.deepEqual(sandbox.control.status().faults, []);
    await waitForText(page, "exchanges", "1");
    assert.equal(countsOf(sandbox).booked, 0);
  });
});
