// The service itself, as routes. What it answers is what the service's documentation shows.
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import type { Control } from "./control.ts";
import { createControlEndpoint } from "./control-endpoint.ts";
import { refuse } from "./envelope.ts";
import { addExchange } from "./exchange.ts";
import { pause } from "./pause.ts";
import { addPayments, VEND_PATH } from "./payments.ts";
import type { State } from "./state.ts";
import { goWrong } from "./wrong-answers.ts";

export { KEYS, TOKEN_PATHS } from "./exchange.ts";

/** The path that the reference's server address has, before those of its endpoints. */
export const BASE_PATH = "/api/v2.1/b2b";

/** Where the control is, if it is anywhere: not one of the service's own endpoints. */
export const CONTROL_PATH = "/control";

/**
 * The service, and `control` beside it if there is one. A page of `allowedOrigin` may ask the
 * service and the control, and no other page may.
 */
export function createService(state: State, control?: Control, allowedOrigin?: string): Hono {
  const app = new Hono();
  if (allowedOrigin !== undefined) {
    // Before anything else: a preflight is no call, and takes no fault.
    app.use(`${BASE_PATH}/*`, cors({ origin: [allowedOrigin], exposeHeaders: ["Retry-After"] }));
  }
  app.route(BASE_PATH, createEndpoints(state));
  if (control) {
    app.route(CONTROL_PATH, createControlEndpoint(control, allowedOrigin));
  }
  app.notFound((c) => refuse(c, 404, "There is no such resource."));
  app.onError((_, c) => refuse(c, 500, "Something went wrong."));
  return app;
}

function createEndpoints(state: State): Hono {
  const service = new Hono();
  service.use(async (c, next) => {
    const path = c.req.path.slice(BASE_PATH.length);
    const fault = state.faults.take(path);
    state.counts.add(path, { asked: 1 });
    await pause(state.settings.latencyMs);
    const date = () => c.header("Date", new Date(state.nowMs()).toUTCString());
    const process = async () => {
      date();
      await next();
      if (c.res.status < 400) {
        state.counts.add(path, { succeeded: 1 });
      }
    };
    if (fault === undefined) {
      await process();
    } else {
      const when = fault.when ?? (path === VEND_PATH ? "after" : "before");
      await goWrong(c, fault, when, { process, date });
    }
  });
  service.use(
    bodyLimit({ maxSize: 64 * 1024, onError: (c) => refuse(c, 413, "The body is too large.") }),
  );
  addExchange(service, state);
  addPayments(service, state);
  return service;
}
