// What happens to a request, in order.
import { waitUntil } from "cloudflare:workers";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import type { Client } from "pay4power-auth";
import type { Allow } from "./allow.ts";
import { correlationIdOf } from "./correlation.ts";
import { failed, forward } from "./forward.ts";
import { health } from "./health.ts";
import { logError, logged } from "./log.ts";
import { problem, type Variables } from "./problem.ts";
import { ROUTES } from "./routes.ts";
import { isFromElsewhere } from "./same-origin.ts";

/** Of a request. A payment takes some hundred bytes. */
const MAX_BYTES = 64 * 1024;

export type App = Hono<{ Variables: Variables }>;

export function backend(client: Client, allow: Allow | undefined): App {
  const app = base();
  app.get("/healthz", (c) => health(c, client));
  app.use(async (c, next) => {
    if (isFromElsewhere(c.req.raw)) {
      return problem(c, "FROM_ELSEWHERE");
    }
    if (allow === undefined) {
      return problem(c, "NO_CHECK_OF_CALLERS");
    }
    try {
      const caller = await allow(c.req.raw);
      // A check in JavaScript may say no with `null` or `false`.
      if (typeof caller?.id !== "string") {
        return problem(c, "CALLER_REFUSED");
      }
      c.set("caller", caller.id);
    } catch (error) {
      logError(error);
      return problem(c, "CALLER_NOT_CHECKED");
    }
    return next();
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const answer = problem(c, "METHOD_NOT_ALLOWED");
        answer.headers.set("Allow", methods.join(", "));
        return answer;
      },
    }),
  );
  const limit = bodyLimit({ maxSize: MAX_BYTES, onError: (c) => problem(c, "BODY_TOO_LARGE") });
  app.use(async (c, next) => {
    let isRead = false;
    try {
      return await limit(c, () => {
        isRead = true;
        return next();
      });
    } catch (error) {
      if (isRead) {
        throw error;
      }
      return problem(c, "BODY_CUT_OFF");
    }
  });
  for (const route of ROUTES) {
    app.on(route.method, route.path, (c) => {
      const answer = forward(c, client, route);
      waitUntil(answer); // a caller who leaves does not end a payment half-way
      return answer;
    });
  }
  return app;
}

/** Says what is wrong with the Worker to whoever asks for anything. */
export function outOfOrder(wrong: string): App {
  const app = base();
  app.all("*", (c) => problem(c, "NOT_SET_UP", { detail: wrong }));
  return app;
}

function base(): App {
  const app: App = new Hono();
  app.use(async (c, next) => {
    const given = correlationIdOf(c.req.header("X-Correlation-Id"));
    c.set("correlationId", given ?? crypto.randomUUID());
    await next();
  });
  app.use(logged);
  app.use(
    secureHeaders({
      contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
      xFrameOptions: "DENY",
    }),
  );
  app.use(async (c, next) => {
    try {
      await next();
    } catch (error) {
      c.res = failed(c, error); // hono leaves what is no Error to the runtime
    }
    c.header("Cache-Control", "no-store");
  });
  app.notFound((c) => problem(c, "NOT_FOUND"));
  app.onError((error, c) => failed(c, error));
  return app;
}
