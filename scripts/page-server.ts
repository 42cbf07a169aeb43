// Serves a page that uses the installed package, to this machine's browser only. start.ts and tests import it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { type LocalServer, originOf, serve } from "./local-server.ts";

export interface PageOptions {
  /** A free port. */
  readonly port: number;
  /** The page's files. `index.html` may have an import map. */
  readonly folder: string;
  /** The installed package. The page loads it from `/pay4power-auth/`. */
  readonly installed: string;
  /** The origins that the page may send requests to, besides its own. */
  readonly connect?: readonly string[];
  /** The answers of the page's server, by path. */
  readonly answers?: Record<string, () => Promise<object> | object>;
}

/** Starts the server. */
export function servePage(options: PageOptions): Promise<LocalServer> {
  const { port, folder, installed, connect = [], answers = {} } = options;
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
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        // Without 'wasm-unsafe-eval' no page can compile Wasm.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'", ...importMapHash(folder)],
        connectSrc: ["'self'", ...connect],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      strictTransportSecurity: false, // the server has no https
    }),
  );
  for (const [path, answer] of Object.entries(answers)) {
    app.get(path, async (c) => {
      // A page of another site cannot read the answer. It must not cause an exchange either.
      if ((c.req.header("sec-fetch-site") ?? "same-origin") !== "same-origin") {
        return c.text("Only for this page.\n", 403);
      }
      return c.json(await answer());
    });
  }
  const withoutPrefix = (path: string) => path.replace(/^\/pay4power-auth\//, "/");
  app.get("/pay4power-auth/*", serveStatic({ root: installed, rewriteRequestPath: withoutPrefix }));
  app.get("*", serveStatic({ root: folder }));
  return serve(app, port);
}

/** Returns the hash of the page's import map, if it has one. No page can load an import map from a file. */
function importMapHash(folder: string): string[] {
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const map = /<script type="importmap">([^<]*)<\/script>/.exec(html)?.[1];
  return map === undefined ? [] : [`'sha256-${createHash("sha256").update(map).digest("base64")}'`];
}
