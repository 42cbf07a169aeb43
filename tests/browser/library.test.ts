// The guard that keeps keys out of pages.
import assert from "node:assert/strict";
import { test } from "node:test";
import type * as Library from "pay4power-auth";
import type { Page } from "playwright-core";
import { startSandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { freePort, originOf } from "../../scripts/local-server.ts";
import { withLibraryPage } from "../support/chromium.ts";

const port = await freePort();
const allowedOrigin = originOf(port);

/** How an exchange ends, in the page itself and in a worker of it. */
const places = {
  page: (page: Page, options: object) =>
    page.evaluate(async (given) => {
      const { lib } = globalThis as unknown as { lib: typeof Library };
      return lib.authenticate(given as Library.AuthenticateOptions).then(
        () => "token",
        (error: Library.AuthError) => error.code,
      );
    }, options),
  "dedicated worker": (page: Page, options: object) =>
    page.evaluate(
      (given) =>
        new Promise((resolve, reject) => {
          const worker = new Worker("/worker.js", { type: "module" });
          worker.addEventListener("message", ({ data }) => resolve(data));
          worker.addEventListener("error", reject);
          worker.postMessage(given);
        }),
      options,
    ),
};

for (const [place, exchange] of Object.entries(places)) {
  test(`keys in a ${place} are refused unless it says that it may hold them`, async () => {
    const sandbox = await startSandbox({ allowedOrigin });
    const { origin } = new URL(sandbox.tokenUrl);
    const options = { ...KEYS, tokenUrl: sandbox.tokenUrl };
    try {
      await withLibraryPage(await build(), { port, connect: [origin] }, async (page) => {
        const asked: string[] = [];
        page.context().on("request", (request) => asked.push(request.url()));
        assert.equal(await exchange(page, options), "P4P_BROWSER_REFUSED");
        const refused = await exchange(page, { ...options, dangerouslyAllowBrowser: false });
        assert.equal(refused, "P4P_BROWSER_REFUSED");
        assert.ok(!asked.some((url) => url.startsWith(origin)), "nothing was sent");
        const allowed = await exchange(page, { ...options, dangerouslyAllowBrowser: true });
        assert.equal(allowed, "token");
        assert.ok(asked.includes(sandbox.tokenUrl), "a request would have been seen");
      });
    } finally {
      await sandbox.close();
    }
  });
}

test("a page of another origin can't read the sandbox's answers", async () => {
  const sandbox = await startSandbox({ allowedOrigin: "http://127.0.0.1:1" });
  const options = { ...KEYS, tokenUrl: sandbox.tokenUrl, dangerouslyAllowBrowser: true };
  const connect = [new URL(sandbox.tokenUrl).origin];
  try {
    await withLibraryPage(await build(), { port, connect }, async (page) => {
      assert.equal(await places.page(page, { ...options, retries: 0 }), "P4P_NETWORK");
    });
  } finally {
    await sandbox.close();
  }
});
