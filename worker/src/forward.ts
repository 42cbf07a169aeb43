// One request of a caller, sent on with the token, and what is answered to it.
import { type Client, isAuthError } from "pay4power-auth";
import { correlationIdOf } from "./correlation.ts";
import { problem } from "./problem.ts";
import type { Code } from "./problems.ts";
import type { Route } from "./routes.ts";
import { NoAnswer } from "./service.ts";

/** All that the service is told of the caller's own headers. */
const PASSED = ["Accept", "Accept-Language", "Content-Type", "X-Correlation-Id"];

export async function forward(client: Client, route: Route, request: Request): Promise<Response> {
  const { method, path } = route;
  const { search } = new URL(request.url);
  const isPayment = method === "POST";
  const asked = correlationIdOf(request.headers.get("X-Correlation-Id"));
  // As bytes, so that the client can send it again after a 401: after nothing else, and nobody else.
  const body = isPayment ? await request.arrayBuffer() : undefined;
  try {
    const headers = PASSED.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    const answer = await client.fetch(path + search, { method, headers, ...(body && { body }) });
    return await told(answer, isPayment, asked);
  } catch (error) {
    return failed(error, isPayment, asked);
  }
}

/** What the service said: a success as it is, anything else as a problem. */
async function told(answer: Response, isPayment: boolean, asked?: string): Promise<Response> {
  const { status, headers } = answer;
  const body = await answer.arrayBuffer();
  const envelope = parse(body);
  const correlationId =
    correlationIdOf(envelope["correlationId"]) ??
    correlationIdOf(headers.get("X-Correlation-Id")) ??
    asked;
  if (answer.ok) {
    const passed = new Headers(headers);
    passed.delete("X-Correlation-Id");
    if (correlationId !== undefined) {
      passed.set("X-Correlation-Id", correlationId);
    }
    return new Response(body.byteLength === 0 ? null : body, { status, headers: passed });
  }
  const code = codeOf(status);
  return problem(code, {
    ...(code === "SERVICE_REFUSED" && { status, ...wordsOf(envelope) }),
    retryAfter: headers.get("Retry-After") ?? undefined,
    correlationId,
    isPayment,
  });
}

/** A refusal is the caller's to understand; the rest is between the service and this Worker. */
function wordsOf({ message, errors }: Record<string, unknown>) {
  return {
    detail: typeof message === "string" ? message : undefined,
    errors: errors ?? undefined,
  };
}

function codeOf(status: number): Code {
  if (status < 400) {
    return "SERVICE_REDIRECTED";
  }
  switch (status) {
    case 401:
      return "SERVICE_REFUSED_TOKEN";
    case 408:
      return "SERVICE_TIMEOUT";
    case 409: // by this caller, whose answer may have been lost, or by another
      return "SERVICE_HAS_IT";
    case 429:
      return "SERVICE_BUSY";
    default:
      return status < 500 ? "SERVICE_REFUSED" : "SERVICE_FAILED";
  }
}

/** What was thrown. Only a `NoAnswer` comes after something was sent. */
export function failed(error: unknown, isPayment = false, asked?: string): Response {
  if (error instanceof NoAnswer) {
    return problem(error.code, { correlationId: asked, isPayment });
  }
  if (!isAuthError(error)) {
    console.error(error);
    return problem("DEFECT", { correlationId: asked, isPayment });
  }
  console.error(error.toJSON());
  const { code, message, retryAfterMs, correlationId } = error;
  const isSetUp = code === "P4P_INVALID_OPTIONS" || code === "P4P_INSECURE_URL";
  return problem(code, {
    detail: isSetUp ? message : undefined, // names the secret or variable
    correlationId: correlationId ?? asked,
    retryAfter: retryAfterMs === null ? undefined : String(Math.ceil(retryAfterMs / 1_000)),
    isPayment,
  });
}

function parse(body: ArrayBuffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
