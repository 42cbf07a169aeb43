// Everything that can go wrong, in one table: its status, what callers are told, and what is known of
// the payment then. Nothing here comes from an answer or an exception.
import type { AuthErrorCode } from "pay4power-auth";

export interface Kind {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly outcome: Outcome;
}

/**
 * What became of the request. A refusal says nothing of an earlier payment by the same reference; what is
 * unknown may have been carried out.
 */
export type Outcome = "not sent" | "refused" | "unknown";

const NO_TOKEN = "There is no token now, so nothing was sent to the service.";
const NOT_SET_UP = "Something is wrong with the Worker's secrets or variables. Nothing was sent.";
const DEFECT = "This is a defect.";

const OWN = {
  NOT_FOUND: kind(404, "Not found", "This path is not among those that are forwarded."),
  METHOD_NOT_ALLOWED: kind(405, "Method not allowed", "The header `Allow` says which one is."),
  NO_CHECK_OF_CALLERS: kind(
    403,
    "Nobody may call yet",
    "No check of callers is plugged in. Set ACCESS_TEAM_DOMAIN and ACCESS_AUDIENCE for Cloudflare Access, or put a check of your own into src/allow.ts.",
  ),
  CALLER_REFUSED: kind(403, "Caller refused", "The check of callers has not let this one in."),
  CALLER_NOT_CHECKED: kind(503, "Caller not checked", "Who may call can't be checked now."),
  FROM_ELSEWHERE: kind(403, "From elsewhere", "Another origin's page may not ask for this."),
  BODY_TOO_LARGE: kind(413, "Body too large", "Nothing was sent to the service."),
  BODY_CUT_OFF: kind(400, "Body cut off", "It ended early. Nothing was sent to the service."),
  NOT_SET_UP: kind(503, "Not set up", NOT_SET_UP),
  TOKEN_NOT_YET: kind(503, "No token yet", "The service has not handed one out in time."),
  DEFECT: kind(500, "Defect", DEFECT, "unknown"),

  // What became of a request that was sent to the service.
  SERVICE_UNREACHABLE: kind(502, "No answer", "The connection to the service broke.", "unknown"),
  SERVICE_TIMEOUT: kind(504, "No answer in time", "The service did not answer in time.", "unknown"),
  SERVICE_BAD_ANSWER: kind(502, "Bad answer", "The service's answer can't be read.", "unknown"),
  SERVICE_REDIRECTED: kind(502, "Redirect", "The service answered with a redirect.", "unknown"),
  SERVICE_FAILED: kind(502, "The service failed", "The service answered with an error.", "unknown"),
  SERVICE_BUSY: kind(503, "The service is busy", "It asks to be called less often.", "refused"),
  SERVICE_REFUSED_TOKEN: kind(
    502,
    "Token refused",
    "The service does not accept the token.",
    "refused",
  ),
  SERVICE_HAS_IT: kind(409, "Used before", "The reference has been used before.", "unknown"),
  SERVICE_REFUSED: kind(400, "Refused", "The service refused the request.", "refused"),
} satisfies Record<string, Kind>;

/** Why there is no token. Nothing was sent, but where a defect leaves that open, or a 401 came before. */
const TOKEN: Record<AuthErrorCode, Kind> = {
  P4P_INVALID_OPTIONS: kind(503, "Not set up", NOT_SET_UP),
  P4P_INSECURE_URL: kind(503, "Not set up", NOT_SET_UP),
  P4P_CREDENTIALS_REJECTED: kind(503, "Keys rejected", NO_TOKEN),
  P4P_RATE_LIMITED: kind(503, "Too many exchanges", NO_TOKEN),
  P4P_SERVICE_UNAVAILABLE: kind(503, "No token", NO_TOKEN),
  P4P_NETWORK: kind(502, "No token", NO_TOKEN),
  P4P_TIMEOUT: kind(504, "No token in time", NO_TOKEN),
  P4P_REDIRECTED: kind(502, "No token", NO_TOKEN),
  P4P_BAD_RESPONSE: kind(502, "No token", NO_TOKEN),
  P4P_TOKEN_UNUSABLE: kind(502, "No token", NO_TOKEN),
  P4P_BROWSER_REFUSED: kind(500, "Defect", DEFECT, "unknown"),
  P4P_BAD_TOKEN: kind(500, "Defect", DEFECT, "unknown"),
  P4P_FORBIDDEN_ORIGIN: kind(500, "Defect", DEFECT, "unknown"),
  P4P_CLOSED: kind(500, "Defect", DEFECT, "unknown"),
  P4P_INTERNAL: kind(500, "Defect", DEFECT, "unknown"),
};

export type Code = keyof typeof OWN | AuthErrorCode;

export const KINDS: Readonly<Record<Code, Kind>> = { ...OWN, ...TOKEN };

function kind(status: number, title: string, detail: string, outcome: Outcome = "not sent"): Kind {
  return { status, title, detail, outcome };
}
