// The table of problem types: for each code the status, the text for callers, and the outcome of a payment. No text
// here comes from an answer of the service or from an exception. `SERVICE_…` is the upstream, the Bill Payment API.
import type { AuthErrorCode } from "pay4power-auth";

export interface ProblemType {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly outcome: Outcome;
}

/**
 * The outcome of the request. `refused` says nothing of an earlier payment by the same reference. With `unknown` the
 * service may have carried the request out.
 */
export type Outcome = "not sent" | "refused" | "unknown";

const NO_TOKEN = "There is no token now, so nothing was sent to the service.";
const NOT_SET_UP = "The Worker's secrets or variables have a mistake. Nothing was sent.";
const DEFECT = "This is a defect of the Worker.";

const OWN_TYPES = {
  NOT_FOUND: problemType(404, "Not found", "The Worker does not forward this path."),
  METHOD_NOT_ALLOWED: problemType(
    405,
    "Method not allowed",
    "The header `Allow` names the methods of this path.",
  ),
  NO_CHECK_OF_CALLERS: problemType(
    403,
    "No check of callers",
    "The Worker refuses every caller until it has a check of callers. Set ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE for Cloudflare Access, or put a check of your own into src/allow.ts.",
  ),
  CALLER_REFUSED: problemType(403, "Caller refused", "The check of callers refused this caller."),
  CALLER_NOT_CHECKED: problemType(
    503,
    "Caller not checked",
    "The check of callers is not possible now.",
  ),
  FROM_ELSEWHERE: problemType(
    403,
    "Page of another origin",
    "A page of another origin may not send this request.",
  ),
  BODY_TOO_LARGE: problemType(413, "Body too large", "Nothing was sent to the service."),
  BODY_CUT_OFF: problemType(
    400,
    "Body cut off",
    "The body ended early. Nothing was sent to the service.",
  ),
  NOT_SET_UP: problemType(503, "Not set up", NOT_SET_UP),
  TOKEN_NOT_YET: problemType(503, "No token yet", "The service gave no token in time."),
  DEFECT: problemType(500, "Defect", DEFECT, "unknown"),

  // The request was sent to the service.
  SERVICE_UNREACHABLE: problemType(
    502,
    "No answer",
    "The connection to the service broke.",
    "unknown",
  ),
  SERVICE_TIMEOUT: problemType(
    504,
    "No answer in time",
    "The service did not answer in time.",
    "unknown",
  ),
  SERVICE_BAD_ANSWER: problemType(
    502,
    "Bad answer",
    "The service's answer can't be read.",
    "unknown",
  ),
  SERVICE_REDIRECTED: problemType(
    502,
    "Redirect",
    "The service answered with a redirect.",
    "unknown",
  ),
  SERVICE_FAILED: problemType(
    502,
    "The service failed",
    "The service answered with an error.",
    "unknown",
  ),
  SERVICE_BUSY: problemType(
    503,
    "The service is busy",
    "The service asks for fewer requests.",
    "refused",
  ),
  SERVICE_REFUSED_TOKEN: problemType(
    502,
    "Token refused",
    "The service does not accept the token.",
    "refused",
  ),
  SERVICE_HAS_IT: problemType(409, "Used before", "The reference has been used before.", "unknown"),
  SERVICE_REFUSED: problemType(400, "Refused", "The service refused the request.", "refused"),
} satisfies Record<string, ProblemType>;

/** There is no token. The request was not sent, unless a defect leaves that open or a 401 came before. */
const TOKEN_TYPES: Record<AuthErrorCode, ProblemType> = {
  P4P_INVALID_OPTIONS: problemType(503, "Not set up", NOT_SET_UP),
  P4P_INSECURE_URL: problemType(503, "Not set up", NOT_SET_UP),
  P4P_CREDENTIALS_REJECTED: problemType(503, "Keys rejected", NO_TOKEN),
  P4P_RATE_LIMITED: problemType(503, "Too many exchanges", NO_TOKEN),
  P4P_SERVICE_UNAVAILABLE: problemType(503, "No token", NO_TOKEN),
  P4P_NETWORK: problemType(502, "No token", NO_TOKEN),
  P4P_TIMEOUT: problemType(504, "No token in time", NO_TOKEN),
  P4P_REDIRECTED: problemType(502, "No token", NO_TOKEN),
  P4P_BAD_RESPONSE: problemType(502, "No token", NO_TOKEN),
  P4P_TOKEN_UNUSABLE: problemType(502, "No token", NO_TOKEN),
  P4P_BROWSER_REFUSED: problemType(500, "Defect", DEFECT, "unknown"),
  P4P_BAD_TOKEN: problemType(500, "Defect", DEFECT, "unknown"),
  P4P_FORBIDDEN_ORIGIN: problemType(500, "Defect", DEFECT, "unknown"),
  P4P_CLOSED: problemType(500, "Defect", DEFECT, "unknown"),
  P4P_INTERNAL: problemType(500, "Defect", DEFECT, "unknown"),
};

export type ProblemCode = keyof typeof OWN_TYPES | AuthErrorCode;

export const PROBLEM_TYPES: Readonly<Record<ProblemCode, ProblemType>> = {
  ...OWN_TYPES,
  ...TOKEN_TYPES,
};

function problemType(
  status: number,
  title: string,
  detail: string,
  outcome: Outcome = "not sent",
): ProblemType {
  return { status, title, detail, outcome };
}
