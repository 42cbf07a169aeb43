// How the page looks, in both themes, narrow and wide; and what a screen reader gets.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { root } from "../../scripts/project.mjs";
import { press, setUpScenes, textOf, tokenIsAtHand, waitForText } from "../support/page.ts";
import { axeViolations, lowestContrast } from "../support/page-view.ts";

const withScene = setUpScenes("page-view");

/** The place and the size of everything that must not move, in pixels. */
const places = (page: Page) =>
  page.evaluate(() =>
    [...document.querySelectorAll("h1, h2, .card, #timeline, #counters, fieldset, #log, pre")]
      .filter((element) => !element.closest("#story > *") && element.checkVisibility())
      .map((element) => {
        const { x, y, width, height } = element.getBoundingClientRect();
        // The words of a heading may change, and its width with them. Its place may not.
        const size = element.matches("h2") ? "" : `, ${width} by ${height}`;
        return `${element.tagName} ${element.id || element.className} at ${x}, ${y + scrollY}${size}`;
      }),
  );

const fits = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1_200]) {
    test(`${colorScheme}, ${width} px: nothing overflows or jumps, text has contrast, axe finds nothing`, async () => {
      const viewport = { width, height: 800 };
      await withScene({ colorScheme, viewport }, async ({ page }) => {
        await tokenIsAtHand(page);
        await waitForText(page, "exchanges", "1");
        await page.locator("#filter").evaluate((filter: HTMLDetailsElement) => {
          filter.open = true;
        });
        const before = await places(page);
        assert.ok(before.length > 12);
        const check = async (what: string) => {
          assert.ok(await fits(page), `${what}: nothing is wider than the page`);
          assert.deepEqual(await places(page), before, `${what}: nothing moves`);
          assert.ok((await lowestContrast(page)) >= 4.5, `${what}: contrast`);
          assert.deepEqual(await axeViolations(page), [], what);
        };
        await check("fresh");
        for (const id of ["pay", "reset-after", "revoke", "invalidate", "wrong"]) {
          await press(page, id);
          await check(id);
        }
        await waitForText(page, "outcome", "No token");
      });
    });
  }
}

test("while tokens come and go by themselves, only the events move", async () => {
  const options = { lifetimeS: 5, steady: true, viewport: { width: 1_200, height: 4_000 } };
  await withScene(options, async ({ page }) => {
    await tokenIsAtHand(page);
    await page.waitForFunction(() => document.querySelectorAll("#timeline .life").length > 1);
    const moved = await page.evaluate(
      () =>
        new Promise<string[]>((resolve) => {
          const observer = new PerformanceObserver((list) => {
            const shifts = list.getEntries() as unknown as { sources: { node: Node | null }[] }[];
            const nodes = shifts.flatMap(({ sources }) => sources.map(({ node }) => node));
            resolve(nodes.map((node) => node?.parentElement?.closest("[id]")?.id ?? "nothing"));
          });
          observer.observe({ type: "layout-shift", buffered: true });
        }),
    );
    assert.deepEqual([...new Set(moved)], ["log"]);
  });
});

test("with reduced motion nothing slides, and the timeline still moves", async () => {
  await withScene({ reducedMotion: "reduce" }, async ({ page }) => {
    await tokenIsAtHand(page);
    await press(page, "invalidate");
    await press(page, "one");
    assert.equal(await page.locator("#timeline .life").count(), 2);
    const animations = () => page.evaluate(() => document.getAnimations().length);
    assert.equal(await animations(), 0);
    const drawing = page.locator("#timeline > g").first();
    const transform = await drawing.getAttribute("transform");
    await page.waitForFunction(
      (text) => document.querySelector("#timeline > g")?.getAttribute("transform") !== text,
      transform,
    );
  });
});

test("without reduced motion each new token slides in", async () => {
  await withScene({ reducedMotion: "no-preference" }, async ({ page }) => {
    await tokenIsAtHand(page);
    const names = await page.$$eval("#timeline .life", (lives) =>
      lives.map((life) => getComputedStyle(life).animationName),
    );
    assert.deepEqual(names, ["slide-in"]);
  });
});

test("a screen reader hears what the timeline shows", async () => {
  await withScene({ lifetimeS: 3 }, async ({ page }) => {
    const label = () => page.getAttribute("#timeline", "aria-label");
    await tokenIsAtHand(page);
    await waitForText(page, "exchanges", "1");
    assert.match(
      (await label()) ?? "",
      /The token is in the phase (fresh|refresh-soon), and ends in/,
    );
    await waitForText(page, "outcome", "Token expired");
    assert.match((await label()) ?? "", /The token is in the phase expired/);
    await press(page, "invalidate");
    await waitForText(page, "outcome", "No token");
    assert.match((await label()) ?? "", /There is no token now/);
  });
});

test("events have a filter for each type, words, and a pause that loses none", async () => {
  await withScene({}, async ({ page, complaints }) => {
    await tokenIsAtHand(page);
    const declared = readFileSync(join(root, "npm", "types", "index.d.ts"), "utf8");
    const types = [...declared.matchAll(/\b(?:Exchange)?Event<"([\w.]+)">/g)].map(
      ([, type]) => type,
    );
    const offered = await page.locator("#types code").allInnerTexts();
    assert.deepEqual([...offered].sort(), [...new Set(types)].sort(), "every type has a filter");

    await page.waitForFunction(() => document.querySelector("#log .words")?.textContent);
    assert.match(
      await textOf(page, "#log"),
      /exchange\.start\s+exchange 1, attempt 1, absent\s+An attempt/,
    );
    const rows = () => page.locator("#log li:visible code:first-of-type").allInnerTexts();
    assert.deepEqual(await rows(), ["exchange.success", "exchange.start"]);
    await page.click("#none");
    assert.deepEqual(await rows(), []);
    assert.equal(await textOf(page, "#shown"), "0 of 2 shown");
    await page.locator("#types label", { hasText: "exchange.success" }).click();
    assert.deepEqual(await rows(), ["exchange.success"]);
    await page.click("#all");

    await page.click("#pause");
    await press(page, "invalidate");
    await press(page, "one");
    assert.equal(await page.getAttribute("#pause", "aria-pressed"), "true");
    assert.equal(await textOf(page, "#pause"), "Go on (2 new)");
    assert.equal((await rows()).length, 2);
    await page.click("#pause");
    assert.deepEqual(await rows(), [
      ...["exchange.success", "exchange.start"],
      ...["exchange.success", "exchange.start"],
    ]);
    assert.deepEqual(complaints, []);
  });
});
