// The log: one line for each request, without its query and its body, and one line for each event of the package.
import { createMiddleware } from "hono/factory";
import { type ClientEvent, isAuthError } from "pay4power-auth";
import type { Variables } from "./request-context.ts";

export const requestLog = createMiddleware<{ Variables: Variables }>(async (c, next) => {
  const begunMs = Date.now();
  await next();
  const { status, headers } = c.res;
  console.log({
    method: c.req.method,
    path: c.req.path,
    status,
    ...c.get("failure"),
    correlationId: headers.get("X-Correlation-Id"),
    caller: c.get("caller"),
    ms: Date.now() - begunMs,
  });
});

/** Returns a listener that logs events of the coordinator, or of an isolate. The package puts no secret into them. */
export function eventLogger(source: "coordinator" | "isolate"): (event: ClientEvent) => void {
  return ({ type, ...details }) => console.log({ event: type, source, ...details });
}

/** Logs an unexpected error, or the reason why there is no token. */
export function logError(error: unknown): void {
  console.error(isAuthError(error) ? error.toJSON() : error);
}
