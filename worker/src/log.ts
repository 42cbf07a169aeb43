// One line for each request: enough to find it at the service, and nothing that was paid or with what. And
// one for each event of whoever gets the tokens.
import { createMiddleware } from "hono/factory";
import { type ClientEvent, isAuthError } from "pay4power-auth";
import type { Variables } from "./problem.ts";

export const logged = createMiddleware<{ Variables: Variables }>(async (c, next) => {
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

/** Logs the events of the coordinator, or of an isolate's own client. The package keeps secrets out of them. */
export function eventsOf(source: "coordinator" | "isolate"): (event: ClientEvent) => void {
  return ({ type, ...details }) => console.log({ event: type, source, ...details });
}

/** What went wrong in a way that nobody foresaw, or why there is no token. */
export function logError(error: unknown): void {
  console.error(isAuthError(error) ? error.toJSON() : error);
}
