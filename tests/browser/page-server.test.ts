// What the server of the page answers, and to which names.
import assert from "node:assert/strict";
import { once } from "node:events";
import { request } from "node:http";
import { test } from "node:test";
import { assertNoSecret, SANDBOX_SECRETS } from "../support/leaks.ts";
import { type Scene, setUpScenes, tokenIsAtHand } from "../support/page.ts";

const withScene = setUpScenes("page-server");

const scene = (use: (scene: Scene) => Promise<void>) => withScene({}, use);

/** A request as a browser would send it from elsewhere. */
async function ask(url: string, headers: Record<string, string>) {
  const sent = request(url, { headers });
  sent.end();
  const [response] = await once(sent, "response");
  return { status: response.statusCode as number, text: (await response.toArray()).join("") };
}

test("the server answers its own name only, with a strict policy", async () => {
  await scene(async ({ page, server, sandbox }) => {
    await tokenIsAtHand(page);
    for (const host of ["evil.example", "localhost", new URL(sandbox.tokenUrl).host]) {
      for (const path of ["/", "/config.json", "/pay4power-auth/dist/inline.js"]) {
        const { status, text } = await ask(server.origin + path, { host });
        assert.equal(status, 421, `${host}${path}`);
        assertNoSecret(text, SANDBOX_SECRETS, host + path);
      }
    }
    const foreign = await ask(`${server.origin}/config.json`, { "sec-fetch-site": "cross-site" });
    assert.equal(foreign.status, 403);
    const { headers } = await fetch(server.origin);
    const policy = headers.get("content-security-policy") ?? "";
    assert.match(
      policy,
      /default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-[^']+';/,
    );
    assert.match(policy, /frame-ancestors 'none'/);
    assert.ok(!/'unsafe-(inline|eval)'/.test(policy));
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    for (const path of [
      ...["/../package.json", "/..%2fpackage.json", "/pay4power-auth/..%2f..%2f"],
      ...["/pay4power-auth/dist/cli.cjs", "/on-call/../cli.md", "/on-call/..%2fcli.md"],
    ]) {
      assert.equal((await ask(server.origin + path, {})).status, 404, path);
    }
  });
});

test("the page loads each file once, and knows all that it needs at once from the start", async () => {
  const loaded: string[] = [];
  await withScene(
    {
      before: ({ page, server }) =>
        page.on("request", (sent) => {
          const { origin, pathname } = new URL(sent.url());
          if (origin === server.origin) {
            loaded.push(pathname);
          }
        }),
    },
    async ({ page, server }) => {
      await tokenIsAtHand(page);
      await page.waitForFunction(() => document.querySelector("#log .words")?.textContent);
      assert.deepEqual([...loaded].sort(), [...new Set(loaded)].sort(), "nothing twice");
      const html = await (await fetch(server.origin)).text();
      const later = ["/", "/icon.svg", "/favicon.ico", "/on-call/events.js"];
      for (const path of loaded.filter((path) => !later.includes(path))) {
        const name = path.slice(path.startsWith("/pay4power-auth/") ? 0 : 1);
        assert.ok(html.includes(`"${name}"`) || html.includes(`"${path}"`), path);
      }
      assert.ok(loaded.filter((path) => path.startsWith("/pay4power-auth/")).length > 3);
      assert.ok(!html.includes("/on-call/events.js"), "the words come after the first paint");
    },
  );
});
