// Turns an error into a response with problem details. Logs it, unless its code says all: a failure of the service.
import { type AuthErrorCode, isAuthError } from "pay4power-auth";
import { correlationIdOf } from "./correlation-id.ts";
import { logError } from "./log.ts";
import { type ProblemMembers, problemResponse } from "./problem-details.ts";
import { PROBLEM_TYPES } from "./problem-types.ts";
import type { RequestContext } from "./request-context.ts";
import { type Attempts, UpstreamError } from "./upstream.ts";

/** Returns the response for `error`. `attempts` tells how often the request was sent before the error. */
export function errorResponse(c: RequestContext, error: unknown, attempts?: Attempts): Response {
  if (error instanceof UpstreamError) {
    return problemResponse(c, error.code);
  }
  logError(error);
  if (!isAuthError(error)) {
    return problemResponse(c, "DEFECT");
  }
  const { code, message, retryAfterMs, correlationId } = error;
  const isEnvironmentMistake = code === "P4P_INVALID_OPTIONS" || code === "P4P_INSECURE_URL";
  return problemResponse(c, code, {
    ...(isEnvironmentMistake && { detail: message }), // names the secret or variable
    ...(attempts && attempts.count > 0 && membersAfterSending(code, attempts)),
    correlationId: correlationIdOf(correlationId),
    retryAfter: retryAfterMs === null ? undefined : String(Math.ceil(retryAfterMs / 1_000)),
  });
}

/** Corrects the table of problem types, which assumes that a request without a token was not sent. */
function membersAfterSending(code: AuthErrorCode, { lastStatus }: Attempts): ProblemMembers {
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
