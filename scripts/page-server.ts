// Serves a page that uses the installed package, to this machine's browser only. start.ts and tests import it.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { type LocalServer, originOf, serve } from "./local-server.ts";
import { type Page, policyOf } from "./page-files.ts";

interface ServerOptions {
  /** A free port. */
  readonly port: number;
  /** The origins that the page may send requests to, besides its own. */
  readonly connect?: readonly string[];
  /** The answers of the page's server, by path. */
  readonly answers?: Record<string, () => Promise<object> | object>;
}

export type PageOptions = ServerOptions & (FolderOptions | { readonly page: Page });

/** A page of a test. */
interface FolderOptions {
  /** The page's files. `index.html` may have an import map. */
  readonly folder: string;
  /** The installed package. The page loads it from `/pay4power-auth/`. */
  readonly installed: string;
}

/** Starts the server. */
export function servePage(options: PageOptions): Promise<LocalServer> {
  const { port, connect = [], answers = {} } = options;
  const html = "page" in options ? options.page.html : htmlOf(options.folder);
  const origin = originOf(port);
  const app = new Hono();
  app.use(async (c, next) => {
    // A request under any other name may come from a foreign page (DNS rebinding).
    if (c.req.header("host") !== new URL(origin).host) {
      return c.text(`This page is at ${origin}\n`, 421);
    }
    c.header("Cache-Control", "no-store");
    return next();
  });
  app.use(secureHeaders({ strictTransportSecurity: false })); // the server has no https
  app.use(async (c, next) => {
    await next();
    c.header("Content-Security-Policy", policyOf(html, connect));
  });
  for (const [path, answer] of Object.entries(answers)) {
    app.get(path, async (c) => {
      // A page of another site cannot read the answer. It must not cause an exchange either.
      if ((c.req.header("sec-fetch-site") ?? "same-origin") !== "same-origin") {
        return c.text("Only for this page.\n", 403);
      }
      return c.json(await answer());
    });
  }
  app.get("/", (c) => c.html(html));
  if ("page" in options) {
    for (const [url, file] of options.page.files) {
      app.get(url, serveStatic({ path: file }));
    }
  } else {
    const { folder, installed: root } = options;
    const rewriteRequestPath = (path: string) => path.replace(/^\/pay4power-auth\//, "/");
    app.get("/pay4power-auth/*", serveStatic({ root, rewriteRequestPath }));
    app.get("*", serveStatic({ root: folder }));
  }
  return serve(app, port);
}

function htmlOf(folder: string): string {
  return readFileSync(join(folder, "index.html"), "utf8");
}
