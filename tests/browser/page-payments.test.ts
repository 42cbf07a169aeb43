// Payments of the page, against the sandbox's ledger.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  countsOf,
  press,
  type Scene,
  setUpScenes,
  shownCounts,
  textOf,
  tokenIsAtHand,
} from "../support/page.ts";

const withScene = setUpScenes("page-payments");

const scene = (use: (scene: Scene) => Promise<void>) =>
  withScene({}, async (opened) => {
    await tokenIsAtHand(opened.page);
    await use(opened);
    assert.deepEqual(opened.complaints, []);
  });

test("a payment is sent once and booked once, and can be looked up by its reference", async () => {
  await scene(async ({ page, sandbox }) => {
    assert.match(await press(page, "look-up"), /^There is no payment to look up yet/);
    assert.equal(countsOf(sandbox).lookUps, 0);
    const sentence = await press(page, "pay");
    assert.match(sentence, /^Sent once, and 1 request arrived\. The answer says/);
    const [entry, ...others] = sandbox.control.ledger();
    assert.deepEqual([entry?.times, others], [1, []]);
    assert.equal(countsOf(sandbox).payments, 1);
    const shown = await shownCounts(page);
    assert.deepEqual([shown.sent, shown.booked], [1, 1]);
    assert.equal(await textOf(page, "#balance"), "Each payment that was sent is booked.");
    const found = await press(page, "look-up");
    assert.ok(
      found.startsWith(`For the reference ${entry?.reference} the look-up finds it.`),
      found,
    );
    assert.equal(countsOf(sandbox).lookUps, 1);
  });
});

test("a payment that meets a revoked token is sent again, and booked once", async () => {
  await scene(async ({ page, sandbox }) => {
    sandbox.control.revokeAll();
    assert.match(
      await press(page, "pay"),
      /^Sent once, and 1 request arrived\. .* The ledger has it once\.$/,
    );
    assert.equal(countsOf(sandbox).payments, 2, "the sandbox refused the first one with a 401");
    const shown = await shownCounts(page);
    assert.deepEqual([shown.sent, shown.booked], [1, 1]);
    assert.equal(await textOf(page, "#balance"), "Each payment that was sent is booked.");
  });
});

test("after an answer that breaks off, the client repeats nothing, and the look-up finds the payment", async () => {
  await scene(async ({ page, sandbox }) => {
    const sentence = await press(page, "cut");
    assert.match(
      sentence,
      /^Sent once, and 1 request arrived\. The answer broke off in the middle, and the client repeats/,
    );
    assert.match(sentence, /: the look-up finds it\. The ledger has it once\.$/);
    const { payments, lookUps, booked } = countsOf(sandbox);
    assert.deepEqual([payments, lookUps, booked], [1, 1, 1]);
    assert.equal(sandbox.control.ledger()[0]?.times, 1);
  });
});

// Chromium sends a request again if a connection that it used before breaks without an answer. No page can prevent it.
for (const [id, times] of [
  ["reset-before", 1],
  ["reset-after", 2],
] as const) {
  test(`${id}: Chromium sends the payment again by itself, and the page says so`, async () => {
    await scene(async ({ page, sandbox }) => {
      const sentence = await press(page, id);
      const { payments, booked } = countsOf(sandbox);
      assert.deepEqual([payments, booked], [2, 1]);
      assert.equal(sandbox.control.ledger()[0]?.times, times, "how often it reached the ledger");
      assert.match(sentence, /^Sent once, but 2 requests arrived: Chromium repeats by itself\./);
      assert.match(sentence, /The ledger has it once\.$/);
      const shown = await shownCounts(page);
      assert.deepEqual([shown.sent, shown.booked], [1, 1]);
      const balance = await textOf(page, "#balance");
      assert.match(balance, /^They differ: sent 1, arrived 2, booked 1\. The browser repeats/);
    });
  });
}

test("a payment that is not booked shows as a difference", async () => {
  await scene(async ({ page, sandbox }) => {
    sandbox.control.failNext({ status: 503, path: "/vend", when: "before" });
    const sentence = await press(page, "pay");
    assert.match(
      sentence,
      /The answer was 503, and the client repeats nothing: the look-up finds no/,
    );
    assert.match(sentence, /The ledger has it 0 times\.$/);
    assert.equal(countsOf(sandbox).booked, 0);
    assert.equal(await textOf(page, "#balance"), "They differ: sent 1, arrived 1, booked 0.");
  });
});
