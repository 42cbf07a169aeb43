// The routes of the sandbox. They answer as the service does, by the API's documentation.
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import type { Control } from "./control.ts";
import { createControlEndpoint } from "./control-endpoint.ts";
import { delay } from "./delay.ts";
import { refuse } from "./envelope.ts";
import { injectFault, keepSentAnswer } from "./fault-injection.ts";
import { timeOf } from "./faults.ts";
import { BASE_PATH, CONTROL_PATH } from "./paths.ts";
import { addPaymentEndpoints, type PaymentVariables } from "./payment-endpoints.ts";
import type { SandboxState } from "./sandbox-state.ts";
import { addTokenEndpoint } from "./token-endpoint.ts";

export { BASE_PATH, TOKEN_PATHS } from "./paths.ts";
export { KEYS } from "./token-endpoint.ts";

/**
 * Returns the routes of the service, and of `control` if it is given. A page of `allowedOrigin` may send requests to
 * both; no other page may.
 */
export function createService(
  state: SandboxState,
  control?: Control,
  allowedOrigin?: string,
): Hono {
  const app = new Hono();
  if (allowedOrigin !== undefined) {
    // Before the endpoints, so that a preflight is not counted and uses up no fault.
    app.use(`${BASE_PATH}/*`, keepSentAnswer);
    app.use(`${BASE_PATH}/*`, cors({ origin: [allowedOrigin], exposeHeaders: ["Retry-After"] }));
  }
  app.route(BASE_PATH, createEndpoints(state));
  if (control) {
    app.route(CONTROL_PATH, createControlEndpoint(control, allowedOrigin));
  } else {
    const hint = "The control is off: start the sandbox without --no-control.";
    app.all(`${CONTROL_PATH}/*`, (c) => refuse(c, 404, hint));
  }
  app.notFound((c) => refuse(c, 404, "There is no such resource."));
  app.onError((_, c) => refuse(c, 500, "Something went wrong."));
  return app;
}

function createEndpoints(state: SandboxState): Hono<PaymentVariables> {
  const service = new Hono<PaymentVariables>();
  service.use(async (c, next) => {
    const path = c.req.path.slice(BASE_PATH.length);
    const fault = state.faults.take(path);
    state.counts.add(path, { asked: 1 });
    await delay(state.settings.latencyMs);
    const setDate = () => c.header("Date", new Date(state.nowMs()).toUTCString());
    const process = async () => {
      setDate();
      await next();
      if (c.res.status < 400) {
        state.counts.add(path, { succeeded: 1 });
      }
    };
    if (fault === undefined) {
      await process();
    } else {
      c.set("paymentState", fault.state);
      await injectFault(c, fault, timeOf(fault, path), { process, setDate });
    }
  });
  service.use(
    bodyLimit({ maxSize: 64 * 1024, onError: (c) => refuse(c, 413, "The body is too large.") }),
  );
  addTokenEndpoint(service, state);
  addPaymentEndpoints(service, state);
  return service;
}
