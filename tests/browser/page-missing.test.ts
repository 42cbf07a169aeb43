// What the page says if something that it needs is missing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { countsOf, press, setUpScenes, textOf, tokenIsAtHand } from "../support/page.ts";

const withScene = setUpScenes("page-missing");

test("without JavaScript the page says that it needs it, and shows no empty frames", async () => {
  await withScene({ javaScriptEnabled: false, steady: true }, async ({ page }) => {
    assert.match(
      await textOf(page, "body"),
      /This page needs JavaScript: the package runs in it\./,
    );
    assert.equal(await page.locator("main:visible").count(), 0);
  });
});

test("without Wasm the page says so", async () => {
  await withScene(
    {
      steady: true,
      before: ({ page }) =>
        page.addInitScript(() => Reflect.deleteProperty(globalThis, "WebAssembly")),
    },
    async ({ page, sandbox }) => {
      await page.locator("#trouble").waitFor();
      assert.match(await textOf(page, "#trouble"), /^This browser has no WebAssembly/);
      assert.equal(countsOf(sandbox).exchanges, 0);
    },
  );
});

for (const file of ["/dom.js", "/pay4power-auth/dist/inline.js"]) {
  test(`without ${file} the page says so`, async () => {
    await withScene(
      { steady: true, before: ({ page }) => page.route(`**${file}`, (route) => route.abort()) },
      async ({ page }) => {
        await page.locator("#trouble").waitFor();
        assert.match(await textOf(page, "#trouble"), /^A file of this page did not load\./);
      },
    );
  });
}

test("without the server's settings the page says so", async () => {
  await withScene(
    {
      steady: true,
      before: ({ page }) => page.route("**/config.json", (route) => route.fulfill({ status: 503 })),
    },
    async ({ page }) => {
      await page.locator("#trouble").waitFor();
      assert.match(await textOf(page, "#trouble"), /^The server of this page does not answer\./);
    },
  );
});

test("without a sandbox the page shows the code and what to do, and has its buttons", async () => {
  await withScene({ before: ({ sandbox }) => sandbox.close() }, async ({ page, complaints }) => {
    const remedy = /What to do: See that the sandbox is running: npm start starts it\./;
    await page.locator("#failure", { hasText: remedy }).waitFor();
    assert.equal(await textOf(page, "#outcome"), "No token");
    assert.equal(await textOf(page, "#code"), "P4P_NETWORK");
    assert.match(
      await press(page, "one"),
      /^The sandbox does not answer: .*npm start starts it\.$/,
    );
    assert.deepEqual(complaints, []);
  });
});

test("a sandbox that stops while the page is open is named", async () => {
  await withScene({}, async ({ page, sandbox }) => {
    await tokenIsAtHand(page);
    await sandbox.close();
    assert.match(
      await press(page, "pay"),
      /^The sandbox does not answer: .*npm start starts it\.$/,
    );
  });
});
