// What happens to a request, in order.
import { waitUntil } from "cloudflare:workers";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import type { Client } from "pay4power-auth";
import type { Allow } from "./allow.ts";
import { identified } from "./correlation.ts";
import { failed, forward } from "./forward.ts";
import { health } from "./health.ts";
import { logged } from "./log.ts";
import { problem } from "./problem.ts";
import { ROUTES } from "./routes.ts";
import { isFromElsewhere } from "./same-origin.ts";

/** Of a request. A payment takes some hundred bytes. */
const MAX_BYTES = 64 * 1024;

/** What is known of a request once it has been looked at. */
export interface Variables {
  caller?: string;
}

export type App = Hono<{ Variables: Variables }>;

export function backend(client: Client, allow: Allow | undefined): App {
  const app = base();
  app.get("/healthz", () => health(client));
  app.use(async (c, next) => {
    if (isFromElsewhere(c.req.raw)) {
      return problem("FROM_ELSEWHERE");
    }
    if (allow === undefined) {
      return problem("NO_CHECK_OF_CALLERS");
    }
    try {
      const caller = await allow(c.req.raw);
      if (caller === undefined) {
        return problem("CALLER_REFUSED");
      }
      c.set("caller", caller.id);
    } catch (error) {
      console.error(error);
      return problem("CALLER_NOT_CHECKED");
    }
    return next();
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (_, methods) => {
        const answer = problem("METHOD_NOT_ALLOWED");
        answer.headers.set("Allow", methods.join(", "));
        return answer;
      },
    }),
  );
  app.use(bodyLimit({ maxSize: MAX_BYTES, onError: () => problem("BODY_TOO_LARGE") }));
  for (const route of ROUTES) {
    app.on(route.method, route.path, (c) => {
      const answer = forward(client, route, c.req.raw);
      waitUntil(answer); // a caller who leaves does not end a payment half-way
      return answer;
    });
  }
  return app;
}

/** Says what is wrong with the Worker to whoever asks for anything. */
export function outOfOrder(wrong: string): App {
  const app = base();
  app.all("*", () => problem("NOT_SET_UP", { detail: wrong }));
  return app;
}

function base(): App {
  const app: App = new Hono();
  app.use(logged);
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      xFrameOptions: "DENY",
    }),
  );
  app.use(async (c, next) => {
    await next();
    const answer = await identified(c.res, c.req.raw);
    if (answer !== c.res) {
      c.res = undefined; // or hono would add the old one's headers
      c.res = answer;
    }
    c.header("Cache-Control", "no-store");
  });
  app.notFound(() => problem("NOT_FOUND"));
  app.onError((error) => failed(error));
  return app;
}
