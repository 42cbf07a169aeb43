// Forwards one request to the service with the token, and turns the answer into the response to the caller.
import { type Client, isAuthError } from "pay4power-auth";
import { correlationIdOf } from "./correlation-id.ts";
import { errorResponse } from "./error-response.ts";
import { type ProblemMembers, problemResponse } from "./problem-details.ts";
import type { ProblemCode } from "./problem-types.ts";
import { isPayment, type RequestContext } from "./request-context.ts";
import type { Route } from "./routes.ts";
import type { Sends, TrackedRequestInit } from "./service-request.ts";

/** The headers of the caller that the service gets. It gets no other. */
const FORWARDED_REQUEST_HEADERS = ["Accept", "Accept-Language", "Content-Type", "X-Correlation-Id"];

/**
 * The statuses by which the service refuses the caller's request, and which the Worker keeps. It keeps no other 4xx
 * status (409 comes from the table of problem types), for two reasons. Clients react to many of them by themselves:
 * browsers send a POST again after a 408 or 421 and fail after a 407, Firefox repeats after a 425, curl after a 417,
 * other clients after a 413 with `Retry-After`. And after some, such as 406, the service may have carried the request
 * out.
 */
const FORWARDED_REFUSALS = new Set([400, 402, 403, 404, 410, 415, 422, 423, 451]);

/** 206 is a part of an answer, and 226 a difference from an earlier answer. The Worker asks the service for neither. */
const PARTIAL_STATUSES = new Set([206, 226]);

/** The limit for asking the client why it has no token. The client remembers the reason, so it answers at once. */
const TOKEN_ERROR_TIMEOUT_MS = 1_000;

export async function forward(c: RequestContext, client: Client, route: Route): Promise<Response> {
  const { method, path } = route;
  const request = c.req.raw;
  let body: ArrayBuffer | undefined;
  try {
    // Bytes, not a stream: so the client can send them again. It does that once, and only after a 401.
    body = isPayment(c) ? await request.arrayBuffer() : undefined;
  } catch {
    return problemResponse(c, "BODY_CUT_OFF");
  }
  const sends: Sends = { tokens: new Set(), count: 0, lastStatus: undefined };
  try {
    const headers = FORWARDED_REQUEST_HEADERS.flatMap((name) => {
      const value = request.headers.get(name);
      return value === null ? [] : [[name, value]];
    });
    const init: TrackedRequestInit = { method, headers, ...(body && { body }), sends };
    const { search } = new URL(request.url);
    const answer = await client.fetch(path + search, init);
    // The client sent no replay: it has no new token, or the service rejected a new token a moment ago.
    const isRefusedOnce = answer.status === 401 && sends.count === 1;
    const error = isRefusedOnce && (await tokenError(client));
    return error ? errorResponse(c, error, sends) : await responseFor(c, answer);
  } catch (error) {
    return errorResponse(c, error, sends);
  }
}

/** Returns the error that explains why there is no token now, or `undefined` if there is a token. */
async function tokenError(client: Client): Promise<unknown> {
  try {
    await client.getToken({ signal: AbortSignal.timeout(TOKEN_ERROR_TIMEOUT_MS) });
    return undefined;
  } catch (error) {
    return isAuthError(error) ? error : undefined;
  }
}

/** Returns a success of the service unchanged, and any other answer as problem details. */
async function responseFor(c: RequestContext, answer: Response): Promise<Response> {
  const { status, headers } = answer;
  const body = await answer.arrayBuffer();
  const envelope = parseObject(body);
  const correlationId =
    correlationIdOf(envelope["correlationId"]) ??
    correlationIdOf(headers.get("X-Correlation-Id")) ??
    correlationIdOf(c.req.header("X-Correlation-Id"));
  if (answer.ok && !PARTIAL_STATUSES.has(status)) {
    const forwarded = new Headers(headers);
    forwarded.delete("X-Correlation-Id");
    if (correlationId !== undefined) {
      forwarded.set("X-Correlation-Id", correlationId);
    }
    return new Response(body.byteLength === 0 ? null : body, { status, headers: forwarded });
  }
  const code = problemCodeOf(status);
  return problemResponse(c, code, {
    ...(code === "SERVICE_REFUSED" && { status, ...refusalMembers(envelope) }),
    retryAfter: headers.get("Retry-After") ?? undefined,
    correlationId,
  });
}

/** Returns the service's words in a refusal. No other failure has words of the service. */
function refusalMembers({ message, errors }: Record<string, unknown>): ProblemMembers {
  return {
    detail: typeof message === "string" ? message : undefined,
    errors: errors ?? undefined,
  };
}

function problemCodeOf(status: number): ProblemCode {
  if (FORWARDED_REFUSALS.has(status)) {
    return "SERVICE_REFUSED";
  }
  if (PARTIAL_STATUSES.has(status)) {
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
    case 409: // this caller or another one used the reference before
      return "DUPLICATE_REFERENCE";
    case 429:
      return "SERVICE_BUSY";
    default:
      return "SERVICE_FAILED";
  }
}

function parseObject(body: ArrayBuffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
