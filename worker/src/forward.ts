// One request of a caller, sent on with the token, and what is answered to it.
import { type AuthErrorCode, type Client, isAuthError } from "pay4power-auth";
import { correlationIdOf } from "./correlation.ts";
import { logError } from "./log.ts";
import { isPayment, type Known, problem, type RequestContext } from "./problem.ts";
import { type Code, KINDS } from "./problems.ts";
import type { Route } from "./routes.ts";
import { NoAnswer, type Sent, type Tracked } from "./service.ts";

/** All that the service is told of the caller's own headers. */
const PASSED = ["Accept", "Accept-Language", "Content-Type", "X-Correlation-Id"];

/**
 * Refusals that keep their status: they are about what the caller asks for. A client acts by itself on many of the
 * others: browsers send a POST again after a 408 or 421 and fail after a 407, Firefox repeats after a 425, curl after
 * a 417, others after a 413 with `Retry-After`. Some don't say whether the request was carried out, such as a 406.
 */
const KEPT = new Set([400, 402, 403, 404, 410, 415, 422, 423, 451]);

/** A part of an answer, and a change to an earlier one. The service was asked for neither. */
const PARTIAL = new Set([206, 226]);

/** How long, after a 401, it may take to tell why there is no other token: that is remembered. */
const PATIENCE_MS = 1_000;

export async function forward(c: RequestContext, client: Client, route: Route): Promise<Response> {
  const { method, path } = route;
  const request = c.req.raw;
  let body: ArrayBuffer | undefined;
  try {
    // As bytes, so that the client can send it again after a 401: after nothing else, and nobody else.
    body = isPayment(c) ? await request.arrayBuffer() : undefined;
  } catch {
    return problem(c, "BODY_CUT_OFF");
  }
  const sent: Sent = { tokens: new Set(), times: 0, status: undefined };
  try {
    const headers = PASSED.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    const init: Tracked = { method, headers, ...(body && { body }), sent };
    const { search } = new URL(request.url);
    const answer = await client.fetch(path + search, init);
    // Was it not sent again because no token is of use, or because there is no other one?
    const failure = answer.status === 401 && sent.times === 1 && (await whyNoToken(client));
    return failure ? failed(c, failure, sent) : await told(c, answer);
  } catch (error) {
    return failed(c, error, sent);
  }
}

/** Why there is no token now, if there is none. */
async function whyNoToken(client: Client): Promise<unknown> {
  try {
    await client.getToken({ signal: AbortSignal.timeout(PATIENCE_MS) });
    return undefined;
  } catch (error) {
    return isAuthError(error) ? error : undefined;
  }
}

/** What the service said: a success as it is, anything else as a problem. */
async function told(c: RequestContext, answer: Response): Promise<Response> {
  const { status, headers } = answer;
  const body = await answer.arrayBuffer();
  const envelope = parse(body);
  const correlationId =
    correlationIdOf(envelope["correlationId"]) ??
    correlationIdOf(headers.get("X-Correlation-Id")) ??
    correlationIdOf(c.req.header("X-Correlation-Id"));
  if (answer.ok && !PARTIAL.has(status)) {
    const passed = new Headers(headers);
    passed.delete("X-Correlation-Id");
    if (correlationId !== undefined) {
      passed.set("X-Correlation-Id", correlationId);
    }
    return new Response(body.byteLength === 0 ? null : body, { status, headers: passed });
  }
  const code = codeOf(status);
  return problem(c, code, {
    ...(code === "SERVICE_REFUSED" && { status, ...wordsOf(envelope) }),
    retryAfter: headers.get("Retry-After") ?? undefined,
    correlationId,
  });
}

/** A refusal is the caller's to understand; the rest is between the service and this Worker. */
function wordsOf({ message, errors }: Record<string, unknown>): Known {
  return {
    detail: typeof message === "string" ? message : undefined,
    errors: errors ?? undefined,
  };
}

function codeOf(status: number): Code {
  if (KEPT.has(status)) {
    return "SERVICE_REFUSED";
  }
  if (PARTIAL.has(status)) {
    return "SERVICE_BAD_ANSWER";
  }
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
      return "SERVICE_FAILED";
  }
}

/** What was thrown; of a request that may have been `sent`. */
export function failed(c: RequestContext, error: unknown, sent?: Sent): Response {
  if (error instanceof NoAnswer) {
    return problem(c, error.code);
  }
  logError(error);
  if (!isAuthError(error)) {
    return problem(c, "DEFECT");
  }
  const { code, message, retryAfterMs, correlationId } = error;
  const isSetUpMistake = code === "P4P_INVALID_OPTIONS" || code === "P4P_INSECURE_URL";
  return problem(c, code, {
    ...(isSetUpMistake && { detail: message }), // names the secret or variable
    ...(sent && sent.times > 0 && afterSending(code, sent)),
    correlationId: correlationIdOf(correlationId),
    retryAfter: retryAfterMs === null ? undefined : String(Math.ceil(retryAfterMs / 1_000)),
  });
}

/** The table takes it that nothing was sent where there is no token. */
function afterSending(code: AuthErrorCode, { status }: Sent): Known {
  if (KINDS[code]?.outcome === "unknown") {
    return {};
  }
  return status === 401
    ? {
        outcome: "refused",
        detail: "The service refused the token, and there is no other one now.",
      }
    : { outcome: "unknown", detail: "The request was sent, and there is no answer." };
}

function parse(body: ArrayBuffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
