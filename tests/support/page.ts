// The page of npm start in Chromium, beside a sandbox of its own.
import { join } from "node:path";
import { after, before } from "node:test";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { build } from "../../scripts/build.ts";
import { makeConsumer } from "../../scripts/consumer.ts";
import { freePort, type LocalServer, originOf } from "../../scripts/local-server.ts";
import { sandboxAnswers } from "../../scripts/page-config.ts";
import { readPage } from "../../scripts/page-files.ts";
import { servePage } from "../../scripts/page-server.ts";
import { root } from "../../scripts/project.mjs";
import { openChromium } from "./chromium.ts";
import { assertNoSecret } from "./leaks.ts";

export interface Scene {
  readonly page: Page;
  readonly sandbox: Sandbox;
  readonly server: LocalServer;
  /** What the browser complained about, except answers that failed: those are what the tests want. */
  readonly complaints: string[];
}

export interface SceneOptions extends BrowserContextOptions {
  /** The lifetime of tokens, in seconds. The default lets no token end during a test. */
  readonly lifetimeS?: number;
  /** Whether the page makes a call each second. Without it, tests can count exactly. */
  readonly steady?: boolean;
  /** Changes the sandbox, or the page's context, before the page opens. */
  readonly before?: (scene: Scene) => unknown;
}

/** Installs the package for the pages of a test file. Returns its folder. */
export async function installPackage(name: string): Promise<string> {
  const consumer = makeConsumer(join(root, "target", "consumers", name), await build());
  return join(consumer, "node_modules", "pay4power-auth");
}

/** Runs `use` with the page, which was opened beside a sandbox of its own. */
export type WithScene = (
  options: SceneOptions,
  use: (scene: Scene) => Promise<void>,
) => Promise<void>;

/** Installs the package and opens Chromium for the tests of a file. `name` is that of its project. */
export function setUpScenes(name: string): WithScene {
  let browser: Browser;
  let installed: string;
  before(async () => {
    installed = await installPackage(name);
    browser = await openChromium();
  });
  after(() => browser.close());
  return (options, use) => withScene(browser, installed, options, use);
}

async function withScene(
  browser: Browser,
  installed: string,
  { lifetimeS = 3_600, steady = false, before, ...view }: SceneOptions,
  use: (scene: Scene) => Promise<void>,
): Promise<void> {
  const port = await freePort();
  const sandbox = await startSandbox({ allowedOrigin: originOf(port), lifetimeS });
  const server = await servePage({
    port,
    page: await readPage(installed),
    connect: [new URL(sandbox.baseUrl).origin],
    answers: sandboxAnswers(sandbox),
  });
  const page = await browser.newPage(view);
  const complaints = complaintsOf(page);
  const assertNothingShown = watchShown(page);
  try {
    const scene = { page, sandbox, server, complaints };
    await before?.(scene);
    await page.goto(server.origin);
    if (!steady) {
      await page.locator("#steady").uncheck();
    }
    await use(scene);
    await assertNothingShown();
  } finally {
    await page.close();
    await server.close();
    await sandbox.close();
  }
}

/** Collects what the browser complains about. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on("console", (message) => {
    const text = message.text();
    const isComplaint = ["error", "warning"].includes(message.type());
    if (isComplaint && !text.startsWith("Failed to load resource")) {
      complaints.push(text);
    }
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  return complaints;
}

/**
 * Collects what a page prints. The function that it returns fails if that, the document, a field, the page's storage or
 * its address holds a private key or a token.
 */
export function watchShown(page: Page): () => Promise<void> {
  const printed: string[] = [];
  page.on("console", (message) => printed.push(message.text()));
  page.on("pageerror", (error) => printed.push(String(error.stack)));
  return async () => {
    const kept = await page.evaluate(() => ({
      fields: Array.from(document.querySelectorAll("input, textarea, select"), (field) =>
        String((field as HTMLInputElement).value),
      ),
      stores: [localStorage, sessionStorage].map((store) => ({ ...store })),
      cookie: document.cookie,
      title: document.title,
      address: location.href,
    }));
    const cookies = await page.context().cookies();
    const html = await page.content();
    assertNoSecret([JSON.stringify({ kept, cookies }), html, ...printed].join("\n"));
  };
}

export const textOf = (page: Page, selector: string) => page.innerText(selector);

/** Waits until an element has this text. */
export async function waitForText(page: Page, id: string, wanted: string): Promise<void> {
  await page.waitForFunction(
    ([id, wanted]) => document.getElementById(id ?? "")?.textContent === wanted,
    [id, wanted],
    { timeout: 20_000 },
  );
}

/** Waits until the page has a token, and everything that it shows after the first one. */
export async function tokenIsAtHand(page: Page): Promise<void> {
  await waitForText(page, "outcome", "Token at hand");
  await page.locator("#rest").waitFor();
}

/** Presses a button, and waits for the sentence after it. Returns that sentence. */
export async function press(page: Page, id: string): Promise<string> {
  await page.click(`#${id}`);
  await page.waitForFunction(
    () => document.getElementById("story")?.ariaBusy === "false",
    undefined,
    { timeout: 40_000 },
  );
  return textOf(page, "#sentence");
}

/** Returns the numbers that the page shows. */
export async function shownCounts(page: Page) {
  const number = async (id: string) => Number(await textOf(page, `#${id}`));
  return {
    calls: await number("calls"),
    waited: await number("waited"),
    exchanges: await number("exchanges"),
    sent: await number("sent"),
    booked: await number("booked"),
  };
}

/** Returns what the sandbox counted. */
export function countsOf({ control }: Sandbox) {
  const { exchanges, paths } = control.counts();
  return {
    exchanges: exchanges.asked,
    tokens: exchanges.succeeded,
    services: paths["/services"]?.asked ?? 0,
    payments: paths["/vend"]?.asked ?? 0,
    lookUps: paths["/requery"]?.asked ?? 0,
    booked: control.ledger().length,
  };
}
