// The table of problem types: for each code the status, the text for callers, and the outcome of a payment. Callers get
// the codes and compare them, so a code never changes. No text here comes from an answer of the service or from an
// exception. A code `SERVICE_…` means that the service, Pay4Power's Bill Payment API, caused the failure.
import type { AuthErrorCode } from "pay4power-auth";

export interface ProblemType {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly outcome: Outcome;
}

/**
 * The outcome of a request. With `refused` the service did not carry out this request, but it may have carried out an
 * earlier one with the same reference. With `unknown` it may have carried out this request.
 */
export type Outcome = "not sent" | "refused" | "unknown";

const NO_TOKEN_DETAIL = "There is no token now, so nothing was sent to the service.";
const MISCONFIGURED_DETAIL = "The Worker's secrets or variables have a mistake. Nothing was sent.";
const DEFECT_DETAIL = "This is a defect of the Worker.";

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
    "The Worker refuses every caller until it has a check of callers. Set ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE for Cloudflare Access, or put a check of your own into src/caller-check.ts.",
  ),
  CALLER_REFUSED: problemType(403, "Caller refused", "The check of callers refused this caller."),
  CALLER_NOT_CHECKED: problemType(
    503,
    "Caller not checked",
    "The check of callers is not possible now.",
  ),
  CROSS_ORIGIN: problemType(
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
  NOT_SET_UP: problemType(503, "Not set up", MISCONFIGURED_DETAIL),
  TOKEN_NOT_YET: problemType(503, "No token yet", "The service gave no token in time."),
  DEFECT: problemType(500, "Defect", DEFECT_DETAIL, "unknown"),

  // The Worker sent the request to the service.
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
    "unknown",
  ),
  SERVICE_REFUSED_TOKEN: problemType(
    502,
    "Token refused",
    "The service does not accept the token.",
    "refused",
  ),
  DUPLICATE_REFERENCE: problemType(
    409,
    "Used before",
    "The reference has been used before.",
    "unknown",
  ),
  SERVICE_REFUSED: problemType(400, "Refused", "The service refused the request.", "refused"),
} satisfies Record<string, ProblemType>;

/**
 * The codes of the package: the Worker has no token. It did not send the request, except where a defect leaves that
 * open (`unknown`), or after a 401 (error-response.ts corrects the row).
 */
const TOKEN_TYPES: Record<AuthErrorCode, ProblemType> = {
  P4P_INVALID_OPTIONS: problemType(503, "Not set up", MISCONFIGURED_DETAIL),
  P4P_INSECURE_URL: problemType(503, "Not set up", MISCONFIGURED_DETAIL),
  P4P_CREDENTIALS_REJECTED: problemType(503, "Keys rejected", NO_TOKEN_DETAIL),
  P4P_RATE_LIMITED: problemType(503, "Too many exchanges", NO_TOKEN_DETAIL),
  P4P_SERVICE_UNAVAILABLE: problemType(503, "No token", NO_TOKEN_DETAIL),
  P4P_NETWORK: problemType(502, "No token", NO_TOKEN_DETAIL),
  P4P_TIMEOUT: problemType(504, "No token in time", NO_TOKEN_DETAIL),
  P4P_REDIRECTED: problemType(502, "No token", NO_TOKEN_DETAIL),
  P4P_BAD_RESPONSE: problemType(502, "No token", NO_TOKEN_DETAIL),
  P4P_TOKEN_UNUSABLE: problemType(502, "No token", NO_TOKEN_DETAIL),
  P4P_BROWSER_REFUSED: problemType(500, "Defect", DEFECT_DETAIL, "unknown"),
  P4P_BAD_TOKEN: problemType(500, "Defect", DEFECT_DETAIL, "unknown"),
  P4P_FORBIDDEN_ORIGIN: problemType(500, "Defect", DEFECT_DETAIL, "unknown"),
  P4P_CLOSED: problemType(500, "Defect", DEFECT_DETAIL, "unknown"),
  P4P_INTERNAL: problemType(500, "Defect", DEFECT_DETAIL, "unknown"),
};

/** The codes of the Worker itself. */
export type OwnCode = keyof typeof OWN_TYPES;

export type ProblemCode = OwnCode | AuthErrorCode;

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
