// The page of npm start, as a person uses it.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { makeConsumer } from "../../scripts/consumer.ts";
import { freePort, type LocalServer, originOf } from "../../scripts/local-server.ts";
import { servePage } from "../../scripts/page-server.ts";
import { root } from "../../scripts/project.mjs";
import { openChromium } from "../support/chromium.ts";

let browser: Browser;
let installed: string;
before(async () => {
  const consumer = makeConsumer(join(root, "target", "consumers", "page"), await build());
  installed = join(consumer, "node_modules", "pay4power-auth");
  browser = await openChromium();
});
after(() => browser.close());

interface Scene {
  readonly page: Page;
  readonly sandbox: Sandbox;
  readonly server: LocalServer;
  /** What the browser complained about. */
  readonly complaints: string[];
}

/** Opens the page beside a sandbox of its own. */
async function scene(
  use: (scene: Scene) => Promise<void>,
  { lifetimeS = 3_600, ...view }: BrowserContextOptions & { lifetimeS?: number } = {},
): Promise<void> {
  const port = await freePort();
  const sandbox = await startSandbox({ allowedOrigin: originOf(port), lifetimeS });
  const { tokenUrl } = sandbox;
  const server = await servePage({
    port,
    folder: join(root, "www"),
    installed,
    connect: [new URL(tokenUrl).origin],
    answers: { "/config.json": () => ({ holder: "page", ...KEYS, tokenUrl }) },
  });
  const page = await browser.newPage(view);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) {
      complaints.push(message.text());
    }
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  try {
    await page.goto(server.origin);
    await use({ page, sandbox, server, complaints });
  } finally {
    await page.close();
    await server.close();
    await sandbox.close();
  }
}

const outcome = (page: Page, wanted: string) =>
  page.waitForFunction(
    (text) =>
      document.getElementById("outcome")?.textContent === text &&
      document.querySelector(".card")?.ariaBusy === "false",
    wanted,
    { timeout: 10_000 },
  );
const textOf = (page: Page, selector: string) => page.innerText(selector);

test("it shows a token, its claims as unverified, and how long it lasts", async () => {
  await scene(async ({ page, complaints }) => {
    await outcome(page, "Token received");
    assert.equal(await textOf(page, "[data-fact=environment]"), "TEST");
    assert.equal(await textOf(page, "[data-fact=merchant]"), "Merchant_1");
    assert.match(await textOf(page, "[data-fact=correlationId]"), /^[0-9a-f-]{36}$/);
    assert.match(await textOf(page, "#claims-title"), /not verified/);
    assert.match(await textOf(page, "#claims"), /tier\s+Diamond/);
    const left = await textOf(page, "#countdown");
    assert.match(left, /^(59:\d\d|01:00:00)$/);
    await page.waitForFunction(
      (text) => document.getElementById("countdown")?.textContent !== text,
      left,
    );
    const first = await textOf(page, "[data-fact=correlationId]");
    await page.click("#ask");
    await outcome(page, "Token received");
    assert.notEqual(await textOf(page, "[data-fact=correlationId]"), first);
    assert.ok(!/eyJ|PRIV_KEY/.test(await textOf(page, "body")), "no token and no key is shown");
    assert.equal(await textOf(page, "#guard"), "AuthError P4P_BROWSER_REFUSED");
    assert.deepEqual(complaints, []);
  });
});

test("a token that ends says so", async () => {
  await scene(
    async ({ page }) => {
      await outcome(page, "Token expired");
      assert.equal(await textOf(page, "#countdown"), "00:00");
      await page.click("#ask");
      await outcome(page, "Token received");
    },
    { lifetimeS: 3 },
  );
});

test("wrong keys and a stopped sandbox show their code and what to do", async () => {
  await scene(async ({ page, sandbox, complaints }) => {
    await outcome(page, "Token received");
    await page.click("#wrong");
    await outcome(page, "No token");
    assert.equal(await textOf(page, "#code"), "P4P_CREDENTIALS_REJECTED");
    assert.match(await textOf(page, "#failure"), /What to do: check both keys/);
    assert.match(await textOf(page, "#failed-id"), /^[0-9a-f-]{36}$/);
    assert.equal(await textOf(page, "#countdown"), "–");
    assert.ok(!(await textOf(page, "#claims")).includes("Merchant_1"), "no stale claims");
    await page.click("#ask");
    await outcome(page, "Token received");
    await sandbox.close();
    await page.click("#ask");
    await outcome(page, "No token");
    assert.equal(await textOf(page, "#code"), "P4P_NETWORK");
    assert.match(await textOf(page, "#failure"), /What to do: see that the service is running/);
    // The browser reports requests that failed by itself; nothing else may be there.
    assert.deepEqual(
      complaints.filter((text) => !text.startsWith("Failed to load resource")),
      [],
    );
  });
});

test("it works by keyboard alone", async () => {
  await scene(async ({ page }) => {
    await outcome(page, "Token received");
    const focused = () => page.evaluate(() => document.activeElement?.id);
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "ask");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "wrong");
    const outline = await page.$eval("#wrong", (button) => getComputedStyle(button).outlineStyle);
    assert.equal(outline, "solid", "the focus is seen");
    await page.keyboard.press("Enter");
    await outcome(page, "No token");
    assert.equal(await focused(), "wrong", "the focus stays");
    await page.keyboard.press("Shift+Tab");
    await page.keyboard.press("Space");
    await outcome(page, "Token received");
  });
});

for (const colorScheme of ["light", "dark"] as const) {
  for (const width of [360, 1_200]) {
    test(`${colorScheme}, ${width} px: nothing overflows or jumps, and text has contrast`, async () => {
      await scene(
        async ({ page }) => {
          const height = async () => (await page.locator("body").boundingBox())?.height;
          await outcome(page, "Token received");
          assert.ok(await page.evaluate(() => document.body.scrollWidth <= innerWidth));
          const good = await height();
          assert.ok((await lowestContrast(page)) >= 4.5);
          await page.click("#wrong");
          await outcome(page, "No token");
          assert.equal(await height(), good);
          assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
          assert.ok((await lowestContrast(page)) >= 4.5);
        },
        { colorScheme, viewport: { width, height: 800 } },
      );
    });
  }
}

/** The lowest contrast of any visible text with what is behind it (WCAG 2.2, 1.4.3). */
function lowestContrast(page: Page): Promise<number> {
  return page.evaluate(() => {
    const channels = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (colour: string) =>
      channels(colour)
        .slice(0, 3)
        .map((value) => value / 255)
        .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
        .reduce((sum, value, index) => sum + value * ([0.2126, 0.7152, 0.0722][index] ?? 0), 0);
    const behind = (element: Element | null): string => {
      const colour = element ? getComputedStyle(element).backgroundColor : "rgb(255, 255, 255)";
      return channels(colour)[3] === 0 ? behind(element?.parentElement ?? null) : colour;
    };
    const texts = [...document.querySelectorAll("body *")].filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim()),
    );
    const seen = texts.filter((element) => element.checkVisibility({ visibilityProperty: true }));
    const ratios = seen.map((element) => {
      const pair = [luminance(getComputedStyle(element).color), luminance(behind(element))];
      return (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
    });
    return Math.min(...ratios);
  });
}

/** A request as a browser would send it from elsewhere. */
async function ask(url: string, headers: Record<string, string>) {
  const sent = request(url, { headers });
  sent.end();
  const [response] = await once(sent, "response");
  return { status: response.statusCode as number, text: (await response.toArray()).join("") };
}

test("the server answers its own name only, with a strict policy", async () => {
  await scene(async ({ page, server, sandbox }) => {
    await outcome(page, "Token received");
    for (const host of ["evil.example", "localhost", new URL(sandbox.tokenUrl).host]) {
      for (const path of ["/", "/config.json", "/pay4power-auth/dist/inline.js"]) {
        const { status, text } = await ask(server.origin + path, { host });
        assert.equal(status, 421, `${host}${path}`);
        assert.ok(!text.includes(KEYS.privateKey));
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
    for (const path of ["/../package.json", "/..%2fpackage.json", "/pay4power-auth/..%2f..%2f"]) {
      assert.equal((await ask(server.origin + path, {})).status, 404, path);
    }
  });
});

test("with real keys it shows the Worker's summary, and the private key reaches no browser", async () => {
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
    const served: Promise<string>[] = [];
    page.on("response", (response) => served.push(response.text()));
    await page.goto(origin);
    await outcome(page, "Token received");
    assert.equal(await textOf(page, "[data-fact=environment]"), "LIVE");
    assert.match(await textOf(page, "#countdown"), /^01:1\d$/);
    assert.ok(await page.locator("#worker-title").isVisible());
    assert.ok(!(await page.locator("#wrong").isVisible()));
    const texts = await Promise.all(served);
    assert.ok(texts.length >= 6);
    for (const secret of [KEYS.privateKey, KEYS.publicKey]) {
      assert.ok(!texts.some((text) => text.includes(secret)), secret);
    }
    assert.ok(!texts.some((text) => /eyJ[\w-]*\.eyJ/.test(text)), "nor a token");
    await real.close();
    await page.click("#ask");
    await outcome(page, "No token");
    assert.equal(await textOf(page, "#code"), "P4P_NETWORK");
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
