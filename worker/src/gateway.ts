// The gateway (a reverse proxy, or backend for frontend): what happens to a request, in order.
import { waitUntil } from "cloudflare:workers";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import type { Client } from "pay4power-auth";
import type { Allow } from "./caller.ts";
import { correlationIdOf } from "./correlation-id.ts";
import { errorResponse } from "./error-response.ts";
import { forward } from "./forward.ts";
import { health } from "./health.ts";
import { logError, requestLog } from "./log.ts";
import { problemResponse } from "./problem-details.ts";
import type { Variables } from "./request-context.ts";
import { ROUTES } from "./routes.ts";
import { isCrossOriginWrite } from "./same-origin.ts";

/** A payment takes some hundred bytes. */
const MAX_BODY_BYTES = 64 * 1024;

export type App = Hono<{ Variables: Variables }>;

export function gateway(client: Client, allow: Allow | undefined): App {
  const app = base();
  app.get("/healthz", (c) => health(c, client));
  app.use(async (c, next) => {
    if (isCrossOriginWrite(c.req.raw)) {
      return problemResponse(c, "FROM_ELSEWHERE");
    }
    if (allow === undefined) {
      return problemResponse(c, "NO_CHECK_OF_CALLERS");
    }
    try {
      const caller = await allow(c.req.raw);
      // A check in JavaScript may refuse with `null` or `false`.
      if (typeof caller?.id !== "string") {
        return problemResponse(c, "CALLER_REFUSED");
      }
      c.set("caller", caller.id);
    } catch (error) {
      logError(error);
      return problemResponse(c, "CALLER_NOT_CHECKED");
    }
    return next();
  });
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) => {
        const answer = problemResponse(c, "METHOD_NOT_ALLOWED");
        answer.headers.set("Allow", methods.join(", "));
        return answer;
      },
    }),
  );
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => problemResponse(c, "BODY_TOO_LARGE"),
  });
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
      return problemResponse(c, "BODY_CUT_OFF");
    }
  });
  for (const route of ROUTES) {
    app.on(route.method, route.path, (c) => {
      const answer = forward(c, client, route);
      waitUntil(answer); // a caller that disconnects does not end a payment
      return answer;
    });
  }
  return app;
}

/** Answers every request with the mistake in the environment. */
export function misconfigured(mistake: string): App {
  const app = base();
  app.all("*", (c) => problemResponse(c, "NOT_SET_UP", { detail: mistake }));
  return app;
}

function base(): App {
  const app: App = new Hono();
  app.use(async (c, next) => {
    const given = correlationIdOf(c.req.header("X-Correlation-Id"));
    c.set("correlationId", given ?? crypto.randomUUID());
    await next();
  });
  app.use(requestLog);
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
      c.res = errorResponse(c, error); // hono handles an `Error` only, and leaves other values to the runtime
    }
    c.header("Cache-Control", "no-store");
  });
  app.notFound((c) => problemResponse(c, "NOT_FOUND"));
  app.onError((error, c) => errorResponse(c, error));
  return app;
}
