// The service itself, as routes. What it answers is what the service's documentation shows.
import { setTimeout as sleep } from "node:timers/promises";
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { refuse } from "./envelope.ts";
import { addExchange } from "./exchange.ts";
import { addPayments } from "./payments.ts";
import type { State } from "./state.ts";

export { KEYS, TOKEN_PATHS } from "./exchange.ts";

/** The path that the reference's server address has, before those of its endpoints. */
export const BASE_PATH = "/api/v2.1/b2b";

export function createService(state: State): Hono {
  const service = new Hono().basePath(BASE_PATH);
  service.use(async (_, next) => {
    // Even a timer of 0 ms would cost every answer a turn of the event loop.
    if (state.settings.latencyMs > 0) {
      await sleep(state.settings.latencyMs);
    }
    await next();
  });
  service.use(
    bodyLimit({ maxSize: 64 * 1024, onError: (c) => refuse(c, 413, "The body is too large.") }),
  );
  addExchange(service, state);
  addPayments(service, state);
  service.notFound((c) => refuse(c, 404, "There is no such resource."));
  service.onError((_, c) => refuse(c, 500, "Something went wrong."));
  return service;
}
