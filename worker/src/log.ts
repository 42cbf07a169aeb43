// One line for each request: enough to find it at the service, and nothing that was paid or with what.
import { createMiddleware } from "hono/factory";
import type { Variables } from "./backend.ts";

export const logged = createMiddleware<{ Variables: Variables }>(async (c, next) => {
  const begunMs = Date.now();
  await next();
  const { status, headers } = c.res;
  console.log({
    method: c.req.method,
    path: c.req.path,
    status,
    correlationId: headers.get("X-Correlation-Id"),
    caller: c.get("caller"),
    ms: Date.now() - begunMs,
  });
});
