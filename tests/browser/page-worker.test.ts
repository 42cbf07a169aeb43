// The second mode of the page: a Worker holds the keys. From npm start, and as static files of the deployable Worker.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";
import { root } from "../../scripts/project.mjs";
import { writeWorkerPage } from "../../scripts/worker-page.ts";
import { type Backend, bundleBackend, SECRETS, startBackend } from "../support/backend.ts";
import { openChromium } from "../support/chromium.ts";
import { assertNoSecret, filesWithLeaks, SANDBOX_SECRETS } from "../support/leaks.ts";
import {
  complaintsOf,
  countsOf,
  installPackage,
  textOf,
  waitForText,
  watchShown,
} from "../support/page.ts";
import { axeViolations, lowestContrast } from "../support/page-view.ts";

let browser: Browser;
let installed: string;
let sandbox: Sandbox;
before(async () => {
  installed = await installPackage("page-worker");
  browser = await openChromium();
  sandbox = await startSandbox({ lifetimeS: 77 });
});
after(async () => {
  await browser.close();
  await sandbox.close();
});

/** Collects all that the browser gets: headers and bodies. */
function arrivalsOf(page: Page): Promise<string>[] {
  const arrivals: Promise<string>[] = [];
  page.on("response", (response) => {
    const headers = JSON.stringify(response.headers());
    arrivals.push(response.text().then((text) => `${response.url()}\n${headers}\n${text}`));
  });
  return arrivals;
}

async function assertNoSecretArrived(
  arrivals: readonly Promise<string>[],
  fewest: number,
): Promise<void> {
  const texts = await Promise.all(arrivals);
  assert.ok(texts.length >= fewest, `${texts.length} answers`);
  for (const text of texts) {
    const [url] = text.split("\n");
    assertNoSecret(text, [...SANDBOX_SECRETS, KEYS.publicKey], url);
  }
}

test("with real keys npm start shows the Worker's summary, and no key and no token reaches the browser", async () => {
  const real = await startSandbox({ lifetimeS: 77 });
  const child = spawn(process.execPath, [join(root, "scripts", "start.ts")], {
    cwd: root,
    env: {
      ...process.env,
      PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
      PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
      PAY4POWER_ENVIRONMENT: "LIVE",
      PAY4POWER_TOKEN_URL: real.tokenUrl,
    },
  });
  const page = await browser.newPage();
  try {
    const origin = await printedOrigin(child);
    const arrivals = arrivalsOf(page);
    const complaints = complaintsOf(page);
    const assertNothingShown = watchShown(page);
    await page.goto(origin);
    await waitForText(page, "worker-outcome", "The Worker has a token");
    assert.match(await textOf(page, "#version"), /^\d+\.\d+\.\d+$/);
    assert.match(await textOf(page, "#worker-answer"), /"environment": "LIVE"/);
    const [, expiresInMs] = /"expiresInMs": (\d+)/.exec(await textOf(page, "#worker-answer")) ?? [];
    assert.ok(Number(expiresInMs) > 60_000 && Number(expiresInMs) <= 77_000, expiresInMs);
    assert.match(
      await textOf(page, "#arrived"),
      /^1 answer arrived with \d+ characters, .* no token is among/,
    );
    assert.ok(await page.locator("#worker-title").isVisible());
    assert.ok(!(await page.locator("#client").isVisible()), "no button of the other mode");
    assert.deepEqual(await axeViolations(page), []);
    assert.ok((await lowestContrast(page)) >= 4.5);
    assert.deepEqual(complaints, []);

    const asked = countsOf(real).exchanges;
    await page.click("#asks button");
    await page.waitForFunction(() =>
      document.getElementById("arrived")?.textContent?.startsWith("2 "),
    );
    assert.equal(countsOf(real).exchanges, asked + 1, "each question costs an exchange");
    await assertNoSecretArrived(arrivals, 15);
    await real.close();
    await page.click("#asks button");
    await waitForText(page, "worker-outcome", "The Worker says P4P_NETWORK");
    await assertNothingShown();
  } finally {
    await page.close();
    if (child.kill("SIGINT")) {
      await once(child, "exit");
    }
    await real.close();
  }
});

async function printedOrigin({ stdout }: ChildProcess): Promise<string> {
  let printed = "";
  for await (const chunk of stdout ?? []) {
    printed += String(chunk);
    const origin = /in a browser: +(\S+)\n/.exec(printed)?.[1];
    if (origin !== undefined) {
      return origin;
    }
  }
  throw new Error(`no address was printed: ${printed}`);
}

/** Starts the deployable Worker with the page as its static files, and stops it after `use`. */
async function withDeployed(
  use: (scene: { backend: Backend; folder: string }) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "pay4power-page-"));
  await writeWorkerPage(folder, installed);
  const backend = await startBackend(
    await bundleBackend("index.ts"),
    {
      ...SECRETS,
      PAY4POWER_ENVIRONMENT: "TEST",
      PAY4POWER_BASE_URL: sandbox.baseUrl,
      PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
    },
    folder,
  );
  try {
    await use({ backend, folder });
  } finally {
    await backend.close();
    rmSync(folder, { recursive: true });
  }
}

test("the deployed Worker serves the page, which asks it and gets no token", async () => {
  await withDeployed(async ({ backend }) => {
    const page = await browser.newPage();
    const arrivals = arrivalsOf(page);
    const complaints = complaintsOf(page);
    const assertNothingShown = watchShown(page);
    await page.goto(backend.url.href);
    await waitForText(page, "worker-outcome", "The Worker has a token");
    assert.match(await textOf(page, "#worker-answer"), /"token": "at hand"/);
    await page.getByRole("button", { name: "/services" }).click();
    // No check of callers is set up, so the Worker refuses this page as it refuses everybody.
    await waitForText(page, "worker-outcome", "The Worker says NO_CHECK_OF_CALLERS");
    assert.match(
      await textOf(page, "#arrived"),
      /^2 answers .*: no key and no token is among them\.$/,
    );
    assert.deepEqual(await axeViolations(page), []);
    assert.deepEqual(complaints, []);
    await assertNoSecretArrived(arrivals, 15);
    await assertNothingShown();
    await page.close();
  });
});

test("the Worker's mode fits, has contrast, and axe finds nothing, in both themes, narrow and wide", async () => {
  await withDeployed(async ({ backend }) => {
    for (const colorScheme of ["light", "dark"] as const) {
      for (const width of [360, 1_200]) {
        const page = await browser.newPage({ colorScheme, viewport: { width, height: 800 } });
        await page.goto(backend.url.href);
        await waitForText(page, "worker-outcome", "The Worker has a token");
        const what = `${colorScheme}, ${width} px`;
        const isWider = () => document.documentElement.scrollWidth > innerWidth;
        assert.ok(!(await page.evaluate(isWider)), what);
        assert.ok((await lowestContrast(page)) >= 4.5, what);
        assert.deepEqual(await axeViolations(page), [], what);
        await page.close();
      }
    }
  });
});

test("the deployed page has the strict policy, and the Worker keeps its guards", async () => {
  await withDeployed(async ({ backend, folder }) => {
    const ask = async (path: string, init?: RequestInit) => fetch(new URL(path, backend.url), init);
    for (const path of ["/", "/page.js", "/pay4power-auth/dist/inline.js", "/on-call/events.js"]) {
      const { status, headers } = await ask(path);
      assert.equal(status, 200, path);
      const policy = headers.get("content-security-policy") ?? "";
      assert.match(
        policy,
        /^default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-/,
        path,
      );
      assert.match(policy, /connect-src 'self'; .*frame-ancestors 'none'$/, path);
      assert.equal(headers.get("x-content-type-options"), "nosniff");
      assert.equal(headers.get("access-control-allow-origin"), null);
    }
    const config = await (await ask("/config.json")).json();
    assert.deepEqual(config, { holder: "worker", asks: ["/healthz", "/services"] });
    assert.equal((await ask("/services")).status, 403);
    assert.equal((await ask("/nothing")).status, 403, "an unknown caller learns nothing");
    assert.equal((await ask("/_headers")).status, 403, "not a file of the page");
    const headers = { Origin: "https://evil.example", "Content-Type": "application/json" };
    const foreign = await ask("/vend", { method: "POST", headers, body: "{}" });
    assert.equal(((await foreign.json()) as { code: string }).code, "CROSS_ORIGIN");
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
    assert.ok(!files.some((file) => /\.(map|cjs|md)$|cli/.test(file)), "only what the page loads");
    assert.deepEqual(filesWithLeaks(folder), []);
  });
});

test("the page searches what arrives: it reports a token", async () => {
  await withDeployed(async ({ backend }) => {
    const page = await browser.newPage();
    await page.route("**/healthz", (route) =>
      route.fulfill({ json: { status: "ok", token: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYWtlIn0." } }),
    );
    await page.goto(backend.url.href);
    await page.waitForFunction(() =>
      /^1 answer held/.test(document.getElementById("arrived")?.textContent ?? ""),
    );
    await page.close();
  });
});

test("the search of what a page shows finds a token in each place", async () => {
  const page = await browser.newPage();
  await page.route("https://page.example/", (route) =>
    route.fulfill({ contentType: "text/html", body: "<title>a</title><input>" }),
  );
  const token = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJmYWtlIn0.";
  const places: Record<string, (text: string) => unknown> = {
    document: (text) => document.body.append(text),
    "an attribute": (text) => document.body.setAttribute("data-token", text),
    "a field": (text) => {
      (document.querySelector("input") as HTMLInputElement).value = text;
    },
    "the storage": (text) => localStorage.setItem("a", text),
    "the session": (text) => sessionStorage.setItem(text, "a"),
    "a cookie": (text) => cookieStore.set("a", text),
    "the title": (text) => {
      document.title = text;
    },
    "the address": (text) => history.replaceState(null, "", `#${text}`),
    "the console": (text) => console.debug({ text }.text),
    "an error": (text) => {
      setTimeout(() => {
        throw new Error(text);
      });
    },
  };
  for (const [name, place] of Object.entries(places)) {
    await page.context().clearCookies();
    await page.goto("https://page.example/");
    await page.evaluate(() => {
      localStorage.clear();
      sessionStorage.clear();
    });
    const assertNothingShown = watchShown(page);
    await assertNothingShown();
    const told = name === "an error" ? page.waitForEvent("pageerror") : undefined;
    await page.evaluate(place, token);
    await told;
    await assert.rejects(assertNothingShown(), assert.AssertionError, name);
  }
  await page.close();
});
