// The gateway: a reverse proxy between callers and the service. This file lists what happens to a request, in order.
import { waitUntil } from "cloudflare:workers";
import { Hono, type MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { methodNotAllowed } from "hono/method-not-allowed";
import { secureHeaders } from "hono/secure-headers";
import type { Client } from "pay4power-auth";
import type { CallerCheck } from "./caller.ts";
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
type Middleware = MiddlewareHandler<{ Variables: Variables }>;

/** Returns the app that forwards requests. Without a check of callers it refuses every caller. */
export function createGateway(client: Client, callerCheck: CallerCheck | undefined): App {
  const app = createAppWithoutRoutes();
  app.get("/healthz", (c) => health(c, client));
  app.use(async (c, next) =>
    isCrossOriginWrite(c.req.raw) ? problemResponse(c, "CROSS_ORIGIN") : next(),
  );
  app.use(checkCaller(callerCheck));
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
  app.use(limitBody());
  for (const route of ROUTES) {
    app.on(route.method, route.path, (c) => {
      const answer = forward(c, client, route);
      waitUntil(answer); // a caller that disconnects does not end a payment
      return answer;
    });
  }
  return app;
}

/** Returns the app that answers every request with the mistake in the environment. */
export function createMisconfiguredApp(mistake: string): App {
  const app = createAppWithoutRoutes();
  app.all("*", (c) => problemResponse(c, "NOT_SET_UP", { detail: mistake }));
  return app;
}

/** Refuses a request unless the check accepts its caller. */
function checkCaller(callerCheck: CallerCheck | undefined): Middleware {
  return async (c, next) => {
    if (callerCheck === undefined) {
      return problemResponse(c, "NO_CHECK_OF_CALLERS");
    }
    try {
      const caller = await callerCheck(c.req.raw);
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
  };
}

/** Refuses a body that is too large, or that ends early. */
function limitBody(): Middleware {
  const limit = bodyLimit({
    maxSize: MAX_BODY_BYTES,
    onError: (c) => problemResponse(c, "BODY_TOO_LARGE"),
  });
  return async (c, next) => {
    let isWithinLimit = false;
    try {
      return await limit(c, () => {
        isWithinLimit = true;
        return next();
      });
    } catch (error) {
      if (isWithinLimit) {
        throw error; // of a later step, not of reading the body
      }
      return problemResponse(c, "BODY_CUT_OFF");
    }
  };
}

/** Returns an app with what every answer needs: a correlation id, a line in the log, headers, and problem details. */
function createAppWithoutRoutes(): App {
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
      c.res = errorResponse(c, error); // Hono's `onError` gets instances of `Error` only
    }
    c.header("Cache-Control", "no-store");
  });
  app.notFound((c) => problemResponse(c, "NOT_FOUND"));
  app.onError((error, c) => errorResponse(c, error));
  return app;
}
