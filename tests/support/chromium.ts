// Chromium, and the portable suite's page in it.
import { cpSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { servePage } from "../../scripts/page.ts";
import { CHROMIUM_ARGS, findChromium, root } from "../../scripts/setup.mjs";
import type { Result } from "../portable/harness.ts";
import { bundle, consumer, type Runtime } from "./runtimes.ts";

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
  const folder = consumer("chromium", tarball);
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

/** Chromium as one more runtime; its page is served on `port`. */
export function chromiumRuntime(port: number): Runtime {
  return {
    name: "Chromium",
    run(tarball, places) {
      // The suite asks a closed port too.
      const urls = [...places.tokenUrls, places.scriptUrl, "http://127.0.0.1:9"];
      const connect = [...new Set(urls.map((url) => new URL(url).origin))];
      return withLibraryPage(tarball, { port, connect }, (page) =>
        page.evaluate(
          (all) => (globalThis as unknown as PortablePage).runPortableSuite(all),
          places,
        ),
      );
    },
  };
}

interface PortablePage {
  runPortableSuite(places: object): Promise<Result[]>;
}
