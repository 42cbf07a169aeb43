// The page by keyboard alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { countsOf, setUpScenes, textOf, tokenIsAtHand, waitForText } from "../support/page.ts";

const withScene = setUpScenes("page-keyboard");

const focused = (page: Page) => page.evaluate(() => document.activeElement?.id);

/** Presses Tab until the element has the focus. Fails if it never gets it. */
async function tabTo(page: Page, id: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    if ((await focused(page)) === id) {
      return;
    }
    await page.keyboard.press("Tab");
  }
  assert.fail(`Tab never came to #${id}`);
}

test("every control is reached by Tab, in the order of the page, and shows its focus", async () => {
  await withScene({ steady: true }, async ({ page }) => {
    await tokenIsAtHand(page);
    const wanted = await page.$$eval("input, button, summary, [tabindex='0']", (controls) =>
      controls.map((control, index) => {
        control.id ||= `control-${index}`;
        return control.id;
      }),
    );
    assert.ok(wanted.length > 35);
    await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
    await page.evaluate(() => getSelection()?.setPosition(document.body, 0));
    const reached: string[] = [];
    for (const _ of wanted) {
      await page.keyboard.press("Tab");
      reached.push((await focused(page)) ?? "");
      const outline = await page.evaluate(
        () => document.activeElement && getComputedStyle(document.activeElement).outlineStyle,
      );
      assert.equal(outline, "solid", `the focus is seen, after ${reached}`);
    }
    assert.deepEqual(reached, wanted);
  });
});

test("buttons work by Enter and Space, keep the focus, and do nothing while another one acts", async () => {
  await withScene({}, async ({ page, sandbox }) => {
    await tokenIsAtHand(page);
    await tabTo(page, "one");
    const before = countsOf(sandbox).services;
    await page.keyboard.press("Enter");
    await waitForText(page, "story-title", "One call");
    await page.waitForFunction(() => document.getElementById("story")?.ariaBusy === "false");
    assert.equal(countsOf(sandbox).services, before + 1);
    assert.equal(await focused(page), "one", "the focus stays");

    await tabTo(page, "slow");
    await page.keyboard.press("Space");
    await waitForText(page, "sentence", "The service takes 2 s for the token call.");
    assert.equal(await page.getAttribute("#one", "aria-disabled"), "true");
    await page.keyboard.press("Space");
    await page.waitForFunction(() => document.getElementById("story")?.ariaBusy === "false");
    assert.equal(countsOf(sandbox).exchanges, 2, "the second press did nothing");
    assert.equal(countsOf(sandbox).services, before + 6);
    assert.match(await textOf(page, "#sentence"), /5 calls waited/);
    assert.equal(await focused(page), "slow");
  });
});

test("the filter, the pause and the switch work by keyboard", async () => {
  await withScene({}, async ({ page }) => {
    await tokenIsAtHand(page);
    await page.focus("#steady");
    await page.keyboard.press("Space");
    assert.ok(await page.isChecked("#steady"));
    await tabTo(page, "pause");
    await page.keyboard.press("Enter");
    assert.equal(await page.getAttribute("#pause", "aria-pressed"), "true");
    await tabTo(page, "none");
    await page.keyboard.press("Space");
    assert.match(await textOf(page, "#shown"), /^0 of \d+ shown$/);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Space");
    assert.match(await textOf(page, "#shown"), /^[1-9]\d* of \d+ shown$/);
  });
});
