// Chromium, and a page in it that has the library.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { makeConsumer } from "../../scripts/consumer.ts";
import { servePage } from "../../scripts/page-server.ts";
import { root } from "../../scripts/project.mjs";
import { CHROMIUM_ARGS, findChromium } from "../../scripts/setup/test-programs.mjs";
import { bundle } from "./suite.ts";

export async function openChromium(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) {
    throw new Error("Chromium is missing");
  }
  return chromium.launch({ executablePath, args: CHROMIUM_ARGS });
}

/** Opens a page that has the library, from the packed tarball, and runs `use` with it. */
export async function withLibraryPage<Value>(
  tarball: string,
  { port, connect }: { port: number; connect: readonly string[] },
  use: (page: Page) => Promise<Value>,
): Promise<Value> {
  const folder = makeConsumer(join(root, "target", "consumers", "chromium"), tarball);
  const sources = join(root, "tests", "browser");
  for (const file of ["index.html", "worker.js"]) {
    cpSync(join(sources, file), join(folder, file));
  }
  await bundle(join(sources, "page.ts"), join(folder, "page.js"));
  const installed = join(folder, "node_modules", "pay4power-auth");
  const server = await servePage({ port, folder, installed, connect });
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    await page.goto(server.origin);
    return await use(page);
  } finally {
    await browser.close();
    await server.close();
  }
}
