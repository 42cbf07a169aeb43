// Serves a page that uses the installed package, to this machine's own browser only.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { serveStatic } from "@hono/node-server/serve-static";
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { type Listening, originOf, serve } from "./listen.ts";

export interface PageOptions {
  /** A free port. */
  readonly port: number;
  /** The page's files; `index.html` may hold an import map. */
  readonly folder: string;
  /** The installed package, which the page finds under `/pay4power-auth/`. */
  readonly installed: string;
  /** The origins that the page may call beside its own. */
  readonly connect?: readonly string[];
  /** What the page asks its own server for, by path. */
  readonly answers?: Record<string, () => Promise<object> | object>;
}

export function servePage(options: PageOptions): Promise<Listening> {
  const { port, folder, installed, connect = [], answers = {} } = options;
  const origin = originOf(port);
  const app = new Hono();
  app.use(async (c, next) => {
    // Another name that leads here belongs to somebody else's page (DNS rebinding).
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
      strictTransportSecurity: false, // there is no https here
    }),
  );
  for (const [path, answer] of Object.entries(answers)) {
    app.get(path, async (c) => {
      // Another site's page can't read the answer, but must not cause work either.
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

/** The hash of the page's import map, if it has one: that can't be a file. */
function importMapHash(folder: string): string[] {
  const html = readFileSync(join(folder, "index.html"), "utf8");
  const map = /<script type="importmap">([^<]*)<\/script>/.exec(html)?.[1];
  return map === undefined ? [] : [`'sha256-${createHash("sha256").update(map).digest("base64")}'`];
}
