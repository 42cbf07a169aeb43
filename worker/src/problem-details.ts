// Answers a failed request with problem details (RFC 9457).
import {
  type Outcome,
  PROBLEM_TYPES,
  type ProblemCode,
  type ProblemType,
} from "./problem-types.ts";
import { isPayment, type RequestContext } from "./request-context.ts";

/** The members of one failure. They take precedence over the table of problem types. */
export interface ProblemMembers {
  readonly status?: number | undefined;
  readonly detail?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly errors?: unknown;
  readonly retryAfter?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** For the log: whether the same call may succeed later, if the package says it. */
  readonly retryable?: boolean | undefined;
}

const UNKNOWN_OUTCOME =
  "Whether the payment was made is not known: ask GET /requery by its reference before trying again.";

/** Returns the response, and stores the failure in the context for the log. */
export function problemResponse(
  c: RequestContext,
  code: ProblemCode,
  members: ProblemMembers = {},
): Response {
  const type: ProblemType = PROBLEM_TYPES[code] ?? PROBLEM_TYPES.DEFECT; // a newer package may know more codes
  const { errors, retryAfter, retryable } = members;
  const correlationId = members.correlationId ?? c.get("correlationId");
  const status = members.status ?? type.status;
  const outcome = isPayment(c) ? (members.outcome ?? type.outcome) : undefined;
  const detail = [
    members.detail ?? type.detail,
    ...(outcome === "unknown" ? [UNKNOWN_OUTCOME] : []),
  ];
  c.set("failure", {
    code,
    ...(outcome && { outcome }),
    ...(retryable !== undefined && { retryable }),
  });
  const body = {
    type: `urn:pay4power-auth:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title: type.title,
    status,
    detail: detail.join(" "),
    code,
    ...(outcome && { outcome }),
    correlationId,
  };
  const headers = new Headers({
    "Content-Type": "application/problem+json",
    "X-Correlation-Id": correlationId,
  });
  if (retryAfter !== undefined) {
    headers.set("Retry-After", retryAfter);
  }
  return new Response(jsonOf(body, errors), { status, headers });
}

/** Returns the body as JSON. Omits `errors` if they are nested too deeply for `JSON.stringify`. */
function jsonOf(body: object, errors: unknown): string {
  try {
    return JSON.stringify({ ...body, errors });
  } catch {
    return JSON.stringify(body);
  }
}
