// @ts-check
// The words for every code of an `AuthError`. docs/operations.md, README.md, the command line and the page of `npm start`
// show them. `npm run docs:tables` writes them into the documents.

/**
 * @typedef {object} CodeWords
 * @property {string} meaning What happened: the first sentence about the code in npm/types/index.d.ts.
 * @property {string} retry Whether a retry helps.
 * @property {string} remedy What to do.
 * @property {string} alert The alert for it, by its name in docs/operations.md, or why there is none.
 */

const REPAIR_FIRST = "Do not retry: the same call fails again.";
const PASSES = "Retry later. A client does so at the next call after its cool-down.";
// The names are rows of the table of alerts in docs/operations.md.
const CONFIGURATION = "`configuration`.";
const NO_TOKENS = "`no tokens`.";
const CONFIGURATION_UNLESS_IT_PASSES =
  "`configuration` if `retryable` is false, otherwise `no tokens`.";

/** @type {Readonly<Record<import("pay4power-auth").AuthErrorCode, CodeWords>>} */
export const CODES = {
  P4P_INVALID_OPTIONS: {
    meaning:
      "An option is missing, has the wrong type or is out of bounds, or `credentials` returned no valid keys.",
    retry:
      "Do not retry, unless `retryable` is true. Then `credentials` threw, and the client asks it again after the cool-down.",
    remedy:
      "After a deployment: correct the option that the message names, or roll back. At any other hour the message names `credentials`: repair your secrets manager. If it says `while a request is handled`, move the call into a Worker's handler.",
    alert: CONFIGURATION_UNLESS_IT_PASSES,
  },
  P4P_INSECURE_URL: {
    meaning: "An address is not https (or http to a loopback host), or holds user info.",
    retry: REPAIR_FIRST,
    remedy: "Correct `tokenUrl` or `baseUrl`: the message names it. Nothing was sent.",
    alert: CONFIGURATION,
  },
  P4P_BROWSER_REFUSED: {
    meaning: "The call has keys in a browser, without `dangerouslyAllowBrowser`.",
    retry: REPAIR_FIRST,
    remedy:
      "Call from a server. If the keys have reached a public page, have Pay4Power revoke them.",
    alert: "`configuration`: a page may show the keys to its users.",
  },
  P4P_CREDENTIALS_REJECTED: {
    meaning: "The service does not accept the keys.",
    retry:
      "Do not retry. The circuit of a client is open: one call after each cool-down tries the keys again.",
    remedy:
      "Find out if the keys were rotated, revoked or mixed. If not, check `tokenUrl`, `environment` and `authorization`: any 401 gets this code, also a gateway's, and so does 400, 403 or 422 with `success: false`.",
    alert: "`keys rejected`: when the current token ends, every call fails.",
  },
  P4P_RATE_LIMITED: {
    meaning: "The service asks you to call less often.",
    retry: "Retry after `retryAfterMs`. A client does so at the next call after its cool-down.",
    remedy:
      "Wait: the client does. Count the events `exchange.start` of all processes. If there are many, look for a client that is created for each request, and share one. With a store or the coordinator, processes share a token and make fewer exchanges.",
    alert: "`no tokens` if there is no token for 5 minutes, otherwise `many exchanges`.",
  },
  P4P_SERVICE_UNAVAILABLE: {
    meaning: "The service cannot answer now.",
    retry:
      "Retry later, except after the status 501 or 505. A client does so at the next call after its cool-down.",
    remedy:
      "Wait. If it lasts, ask Pay4Power's support, and give the correlation id. If the message says that the coordinator's object is overloaded, wait some minutes; then slow the deployment down, or divide the callers among several objects (`name`).",
    alert: NO_TOKENS,
  },
  P4P_NETWORK: {
    meaning: "The exchange got no connection, or the connection broke.",
    retry: PASSES,
    remedy:
      "In Node, `cause.code` of `toJSON()` says more: `ENOTFOUND` is the DNS, `ECONNREFUSED` the address or a firewall, `CERT_…` TLS. On Workers there is none; if the message says `an answer of the coordinator`, the isolate cannot reach the object.",
    alert: NO_TOKENS,
  },
  P4P_TIMEOUT: {
    meaning:
      "No whole answer, or no keys from `credentials`, came within `timeoutMs`; or a caller got no token within `deadlineMs`.",
    retry: PASSES,
    remedy:
      "The message names the service, `credentials` or the coordinator: check that, then the network. `a token within … ms` is a caller's `deadlineMs`: look at the events `exchange.failure` before it. For a coordinator, see `wrangler tail`.",
    alert: NO_TOKENS,
  },
  P4P_REDIRECTED: {
    meaning: "The service answered with a redirect.",
    retry: REPAIR_FIRST,
    remedy:
      "Set `tokenUrl` to the final address. The package follows no redirect, because it would carry the keys. If the address is right, find out which proxy redirects.",
    alert: CONFIGURATION,
  },
  P4P_BAD_RESPONSE: {
    meaning: "The answer does not follow the API's contract.",
    retry: "Retry only if `retryable` is true: then the answer may have come from a gateway.",
    remedy:
      "Check `tokenUrl` and `status`: a 404 is a wrong address, and HTML comes from a proxy. If the address is right, ask Pay4Power's support, and give the correlation id. If the message names the coordinator, look at the class behind its binding.",
    alert: CONFIGURATION_UNLESS_IT_PASSES,
  },
  P4P_BAD_TOKEN: {
    meaning: "`decodeClaims` got a text that is not a JWT.",
    retry: REPAIR_FIRST,
    remedy:
      "Pass the whole token, without `Bearer` before it. Tokens for requests are not affected.",
    alert: "None: open a ticket for the code that calls `decodeClaims`.",
  },
  P4P_TOKEN_UNUSABLE: {
    meaning:
      "The token of the answer is expired, not yet valid, for another environment, or not a bearer token.",
    retry: "Retry only if `retryable` is true: then the token expired on its way.",
    remedy:
      "If `retryable` is true, this machine slept during the exchange, or its clock jumped: do nothing. For another environment, correct `environment` or the keys. For a time, the service's clock is wrong, or a cache answered: ask Pay4Power's support.",
    alert: CONFIGURATION_UNLESS_IT_PASSES,
  },
  P4P_FORBIDDEN_ORIGIN: {
    meaning: "The address for `client.fetch` is outside `baseUrl`.",
    retry: REPAIR_FIRST,
    remedy:
      "Correct the address or `baseUrl`. Nothing was sent. If callers choose the address, one may be trying to get the token: find out where the address comes from.",
    alert: "`configuration`: it is a defect or an attack.",
  },
  P4P_CLOSED: {
    meaning: "The client is closed.",
    retry: "Do not retry with this client: it stays closed.",
    remedy:
      "Create a new client. Find the call of `close()`, or the `using` whose block has ended.",
    alert: "None while the process shuts down, otherwise `configuration`.",
  },
  P4P_INTERNAL: {
    meaning: "This library has a defect, or the platform lacks something that the library needs.",
    retry: "Retry once: after a trap the next call gets a new core.",
    remedy:
      "Keep the output of `toJSON()`, and report it to the maintainers of pay4power-auth. If it comes at every call, roll back the last deployment.",
    alert: "`defect`.",
  },
};
