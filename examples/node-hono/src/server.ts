// A server with Hono that pays with Pay4Power, for callers that have its token.
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { bearerAuth } from "hono/bearer-auth";
import { HTTPException } from "hono/http-exception";
import { isAuthError } from "pay4power-auth";
import { pay4power } from "./pay4power.ts";
import { lookUp, type Order, type Payment, pay } from "./payments.ts";

const { CALLER_TOKEN, PORT = "8000" } = process.env;
if (!CALLER_TOKEN) {
  throw new Error("CALLER_TOKEN is missing");
}

const STATUS = { paid: 200, refused: 422, failed: 422, unknown: 202 } as const;

const app = new Hono();
app.use(bearerAuth({ token: CALLER_TOKEN })); // your own check of the caller

app.get("/services", async () => {
  const answer = await pay4power.fetch("/services", { signal: AbortSignal.timeout(10_000) });
  // A 401 is about the service's token, not about the caller's.
  const status = answer.status === 401 ? 502 : answer.status;
  // A new answer: the headers of this one may name an encoding that fetch has undone.
  const headers = { "Content-Type": "application/json" };
  return new Response(await answer.text(), { status, headers });
});

// The reference comes from the caller, for example the number of its order. So the caller may send the same request
// again if it loses our answer.
const path = "/payments/:reference{[\\w-]{1,64}}";
app.put(path, async (c) => {
  const order = await c.req.json<Order>().catch(() => undefined);
  if (typeof order !== "object" || order === null) {
    return c.json({ message: "the body must be a JSON object" }, 400);
  }
  return answerWith(await pay(c.req.param("reference"), order));
});
app.get(path, async (c) => answerWith(await lookUp(c.req.param("reference"))));

app.onError((error, c) => {
  if (error instanceof HTTPException) {
    return error.getResponse();
  }
  if (isAuthError(error)) {
    console.error(JSON.stringify(error));
    return c.json({ outcome: "not sent", code: error.code }, error.retryable ? 503 : 500);
  }
  console.error(error);
  return c.json({ message: "an error of this server" }, 500);
});

function answerWith(payment: Payment): Response {
  return Response.json(payment, { status: STATUS[payment.outcome] });
}

const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: Number(PORT) });
// Payments that are under way go on to their end.
process.once("SIGTERM", () => server.close(() => pay4power.close()));
