// A Worker that pays with Pay4Power, for callers that have its token.
import { type Client, isAuthError } from "pay4power-auth";
import { coordinatorClient } from "pay4power-auth/cloudflare";
import { isAllowed } from "./caller.ts";
import { eventLogger, type TokenCoordinator } from "./coordinator.ts";
import type { PaymentRecord } from "./payment-record.ts";
import { lookUp, type Order, type Payment, pay } from "./payments.ts";

export { TokenCoordinator } from "./coordinator.ts";
export { PaymentRecord } from "./payment-record.ts";

interface Env {
  readonly COORDINATOR: DurableObjectNamespace<TokenCoordinator>;
  readonly PAYMENTS: DurableObjectNamespace<PaymentRecord>;
  readonly PAY4POWER_BASE_URL: string;
  readonly CALLER_TOKEN: string;
}

const STATUS = { paid: 200, refused: 422, failed: 422, unknown: 202 } as const;

let client: Client | undefined; // one for the isolate: all requests share its copy of the token

export default {
  async fetch(request, env, context): Promise<Response> {
    if (!(await isAllowed(request, env.CALLER_TOKEN))) {
      return new Response(null, { status: 401 });
    }
    try {
      client ??= coordinatorClient(env.COORDINATOR, {
        baseUrl: env.PAY4POWER_BASE_URL,
        onEvent: eventLogger("isolate"),
      });
      const answer = route(request, env, client);
      context.waitUntil(answer.catch(() => {})); // a payment goes on if the caller disconnects
      return await answer;
    } catch (error) {
      if (isAuthError(error)) {
        console.error(error.toJSON());
        const status = error.retryable ? 503 : 500;
        return Response.json({ outcome: "not sent", code: error.code }, { status });
      }
      console.error(error);
      return Response.json({ message: "an error of this Worker" }, { status: 500 });
    }
  },
} satisfies ExportedHandler<Env>;

async function route(request: Request, env: Env, client: Client): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (request.method === "GET" && pathname === "/services") {
    const answer = await client.fetch("/services", { signal: AbortSignal.timeout(10_000) });
    // A 401 is about the service's token, not about the caller's.
    return new Response(answer.body, {
      status: answer.status === 401 ? 502 : answer.status,
      headers: answer.headers,
    });
  }
  // The reference comes from the caller, for example the number of its order. So the caller may send the same request
  // again if it loses our answer.
  const reference = /^\/payments\/([\w-]{1,64})$/.exec(pathname)?.[1];
  if (request.method === "PUT" && reference !== undefined) {
    const order = await request.json<Order>().catch(() => undefined);
    if (typeof order !== "object" || order === null) {
      return Response.json({ message: "the body must be a JSON object" }, { status: 400 });
    }
    return answerWith(await pay(client, env.PAYMENTS.getByName(reference), reference, order));
  }
  if (request.method === "GET" && reference !== undefined) {
    return answerWith(await lookUp(client, reference));
  }
  return new Response(null, { status: 404 });
}

function answerWith(payment: Payment): Response {
  return Response.json(payment, { status: STATUS[payment.outcome] });
}
