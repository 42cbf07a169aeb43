// The portable suite in Chromium: in a page without a bundler, and as four bundlers make it.
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { freePort, originOf } from "../../scripts/local-server.ts";
import { servePage } from "../../scripts/page-server.ts";
import { root } from "../../scripts/project.mjs";
import { findChromium } from "../../scripts/setup/test-programs.mjs";
import type { Places, Report } from "../portable/harness.ts";
import { openChromium } from "../support/chromium.ts";
import type { Run, Runtime } from "../support/portable.ts";
import { bundle } from "../support/suite.ts";
import { answers, assertOneCore, commandOf, consumer, must, named } from "./tools.ts";

const sources = join(root, "tests", "browser");
const browser = findChromium() === undefined ? { missing: "Chromium" } : {};

/** A page in the making. */
interface Site {
  readonly folder: string;
  readonly port: number;
}

/** Serves a page that may call these origins. */
type Server = (connect: readonly string[]) => Promise<{ close(): Promise<unknown> }>;

const IMPORT_MAP = `<script type="importmap">
  { "imports": {
    "pay4power-auth": "/pay4power-auth/dist/inline.js",
    "pay4power-auth/slim": "/pay4power-auth/dist/slim.js"
  } }
</script>`;
const PLAIN = "Chromium, import map";
const SELF = "script-src 'self' 'wasm-unsafe-eval'";

export const pages: Runtime[] = [
  page({ name: PLAIN }, "page.ts", (site) => {
    html(site, "page.js", IMPORT_MAP);
    return serve(site);
  }),
  page({ name: "Chromium, import map, slim" }, "page-slim.ts", (site) => {
    html(site, "page.js", IMPORT_MAP);
    coreUrl(site, 'export default "/pay4power-auth/dist/core.wasm"');
    return serve(site);
  }),
  page(named("vite", "serve"), "page.ts", (site) => {
    html(site, "/page.js");
    return viteServer(site);
  }),
  page(named("vite", "build"), "page.ts", (site) => vite(site, "inside")),
  page(named("vite", "build, slim"), "page-slim.ts", (site) => {
    coreUrl(site, 'export { default } from "pay4power-auth/core.wasm?url"');
    return vite(site, "apart");
  }),
  page(named("webpack"), "page.ts", (site) => webpack(site, "inside")),
  page(named("webpack", "slim"), "page-slim.ts", (site) => {
    coreUrl(site, 'export default new URL("pay4power-auth/core.wasm", import.meta.url)');
    return webpack(site, "apart");
  }),
  page({ name: `esbuild ${esbuild.version}` }, "page.ts", async (site) => {
    html(site, "bundle.js");
    await esbuild.build({
      entryPoints: [join(site.folder, "page.js")],
      outfile: join(site.folder, "bundle.js"),
      bundle: true,
      format: "esm",
      minify: true,
    });
    return serve(site);
  }),
];

function page(
  runtime: Pick<Runtime, "name" | "missing">,
  entry: string,
  make: (site: Site) => Server | Promise<Server>,
): Runtime {
  return {
    ...browser,
    ...runtime,
    light: runtime.name !== PLAIN,
    async prepare(tarball, suite) {
      const folder = consumer(`${runtime.name}, ${suite}`, tarball);
      await bundle(join(sources, entry), join(folder, "page.js"));
      const port = await freePort();
      const origin = originOf(port);
      const start = await make({ folder, port });
      const run: Run["run"] = async (places) => {
        // The suite asks a closed port too.
        const urls = [...places.tokenUrls, places.scriptUrl, places.otherUrl, "http://127.0.0.1:9"];
        const server = await start([...new Set(urls.map((url) => new URL(url).origin))]);
        try {
          return await runInChromium(origin, places);
        } finally {
          await server.close();
        }
      };
      return { origin, run };
    },
  };
}

interface PortablePage {
  readonly importMs?: number;
  runPortableSuite?(places: Places): Promise<Report["results"]>;
}

async function runInChromium(origin: string, places: Places): Promise<Report> {
  const browser = await openChromium();
  try {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on("pageerror", ({ message }) => complaints.push(message));
    await page.goto(origin);
    await page
      .waitForFunction(() => (globalThis as PortablePage).runPortableSuite, undefined, {
        timeout: 20_000,
      })
      .catch((error: Error) => {
        throw new Error(`the page did not start: ${complaints.join()}`, { cause: error });
      });
    return {
      ...(await page.evaluate(async (all) => {
        const { importMs, runPortableSuite } = globalThis as PortablePage;
        const results = (await runPortableSuite?.(all)) ?? [];
        return importMs === undefined ? { results } : { results, importMs };
      }, places)),
      on: `Chromium ${browser.version()}`,
    };
  } finally {
    await browser.close();
  }
}

function html({ folder }: Site, script: string, head = ""): void {
  const text = `<!doctype html><html lang="en"><head><title>the portable suite</title>
<link rel="icon" href="data:,">${head}<script type="module" src="${script}"></script></head></html>`;
  writeFileSync(join(folder, "index.html"), text);
}

function coreUrl({ folder }: Site, module: string): void {
  writeFileSync(join(folder, "core-url.js"), module);
}

function serve({ folder, port }: Site, built = "."): Server {
  const installed = join(folder, "node_modules", "pay4power-auth");
  return (connect) => servePage({ port, folder: join(folder, built), installed, connect });
}

function vite(site: Site, how: "apart" | "inside"): Server {
  html(site, "/page.js");
  must(site.folder, "vite", "build");
  assertOneCore(join(site.folder, "dist"), how);
  return serve(site, "dist");
}

function webpack(site: Site, how: "apart" | "inside"): Server {
  must(
    site.folder,
    "webpack",
    ...["--entry", "./page.js", "--mode", "production", "--output-path", "built"],
  );
  assertOneCore(join(site.folder, "built"), how);
  html({ ...site, folder: join(site.folder, "built") }, "main.js");
  return serve(site, "built");
}

function viteServer({ folder, port }: Site): Server {
  return async (connect) => {
    // Its client asks its own server for changes.
    const self = `'self' ws://127.0.0.1:${port}`;
    const policy = `default-src 'none'; ${SELF}; connect-src ${self} ${connect.join(" ")}; style-src 'self'`;
    const headers = { "Content-Security-Policy": policy };
    writeFileSync(
      join(folder, "vite.config.mjs"),
      `export default { server: { headers: ${JSON.stringify(headers)} } }`,
    );
    const args = ["--host", "127.0.0.1", "--port", `${port}`, "--strictPort"];
    const child = spawn(commandOf("vite"), args, { cwd: folder, stdio: "ignore" });
    const exited = new Promise((resolve) => child.once("exit", resolve));
    const close = () => {
      child.kill();
      return exited;
    };
    await answers(originOf(port));
    return { close };
  };
}
