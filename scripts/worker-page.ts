// npm run page: puts the page into worker/assets/, as static files of the deployable Worker.
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { build } from "./build.ts";
import { makeConsumer } from "./consumer.ts";
import { policyOf, readPage } from "./page-files.ts";
import { root, say } from "./project.mjs";

/** The page asks the deployed Worker for these paths. It pays nothing. */
const CONFIG = { holder: "worker", asks: ["/healthz", "/services"] };

/** Writes the page into `folder`, with the files of the package in `installed`. Removes what was there. */
export async function writeWorkerPage(folder: string, installed: string): Promise<void> {
  const { html, files } = await readPage(installed);
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(folder).filter((name) => name !== ".assetsignore")) {
    rmSync(join(folder, name), { recursive: true });
  }
  for (const [url, file] of files) {
    mkdirSync(dirname(join(folder, url)), { recursive: true });
    cpSync(file, join(folder, url));
  }
  writeFileSync(join(folder, "index.html"), html);
  writeFileSync(join(folder, "config.json"), JSON.stringify(CONFIG));
  writeFileSync(
    join(folder, "_headers"),
    `/*
  Content-Security-Policy: ${policyOf(html)}
  Cross-Origin-Opener-Policy: same-origin
  Cross-Origin-Resource-Policy: same-origin
  Referrer-Policy: no-referrer
  X-Content-Type-Options: nosniff
  X-Frame-Options: DENY
`,
  );
}

if (import.meta.main) {
  const consumer = makeConsumer(join(root, "target", "consumers", "worker-page"), await build());
  const folder = join(root, "worker", "assets");
  await writeWorkerPage(folder, join(consumer, "node_modules", "pay4power-auth"));
  say(folder);
}
