// @ts-check
// The alert for every code of the Worker itself. `npm run docs:tables` writes them into docs/operations.md.

const NO_ALERT = "none";
const REQUESTS_FAIL = "`requests fail`";
const IF_ALL_CALLERS = "`configuration` if all callers get it";

/**
 * The alerts, by their names in docs/operations.md, or why there is none.
 *
 * @type {Readonly<Record<import("../../worker/src/problem-types.ts").OwnCode, string>>}
 */
export const WORKER_ALERTS = {
  NOT_FOUND: IF_ALL_CALLERS,
  METHOD_NOT_ALLOWED: IF_ALL_CALLERS,
  NO_CHECK_OF_CALLERS: "`configuration`",
  CALLER_REFUSED: IF_ALL_CALLERS,
  CALLER_NOT_CHECKED: REQUESTS_FAIL,
  CROSS_ORIGIN: IF_ALL_CALLERS,
  BODY_TOO_LARGE: IF_ALL_CALLERS,
  BODY_CUT_OFF: IF_ALL_CALLERS,
  NOT_SET_UP: "`configuration`",
  TOKEN_NOT_YET: "`no tokens`",
  DEFECT: "`defect`",
  SERVICE_UNREACHABLE: REQUESTS_FAIL,
  SERVICE_TIMEOUT: REQUESTS_FAIL,
  SERVICE_BAD_ANSWER: REQUESTS_FAIL,
  SERVICE_REDIRECTED: REQUESTS_FAIL,
  SERVICE_FAILED: REQUESTS_FAIL,
  SERVICE_BUSY: REQUESTS_FAIL,
  SERVICE_REFUSED_TOKEN: "`tokens rejected`",
  DUPLICATE_REFERENCE: NO_ALERT,
  SERVICE_REFUSED: IF_ALL_CALLERS,
};
