// Turns an error into a response with problem details. Logs the error, except a `ServiceError`: its code says
// everything.
import { type AuthErrorCode, isAuthError } from "pay4power-auth";
import { correlationIdOf } from "./correlation-id.ts";
import { logError } from "./log.ts";
import { type ProblemMembers, problemResponse } from "./problem-details.ts";
import { PROBLEM_TYPES } from "./problem-types.ts";
import type { RequestContext } from "./request-context.ts";
import { type Sends, ServiceError } from "./service-request.ts";

/** Returns the response for `error`. `sends` says how often the Worker sent the request before the error. */
export function errorResponse(c: RequestContext, error: unknown, sends?: Sends): Response {
  if (error instanceof ServiceError) {
    return problemResponse(c, error.code);
  }
  logError(error);
  if (!isAuthError(error)) {
    return problemResponse(c, "DEFECT");
  }
  const { code, message, retryable, retryAfterMs, correlationId } = error;
  const isEnvironmentMistake = code === "P4P_INVALID_OPTIONS" || code === "P4P_INSECURE_URL";
  return problemResponse(c, code, {
    ...(isEnvironmentMistake && { detail: message }), // it names the secret or variable
    ...(sends && sends.count > 0 && membersAfterSending(code, sends)),
    correlationId: correlationIdOf(correlationId),
    retryable,
    retryAfter: retryAfterMs === null ? undefined : String(Math.ceil(retryAfterMs / 1_000)),
  });
}

/**
 * Corrects the table of problem types for a sent request. The table assumes that a request without a token was not
 * sent.
 */
function membersAfterSending(code: AuthErrorCode, { lastStatus }: Sends): ProblemMembers {
  if (PROBLEM_TYPES[code]?.outcome === "unknown") {
    return {};
  }
  return lastStatus === 401
    ? {
        outcome: "refused",
        detail: "The service refused the token, and there is no other one now.",
      }
    : { outcome: "unknown", detail: "The request was sent, and there is no answer." };
}
