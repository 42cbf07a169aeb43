// Every class of status, with nothing, a page, an envelope that says no and an envelope with a token.
import {
  differs,
  type Exceptions,
  type Expected,
  type Fault,
  fault,
  GOOD,
  REFUSED,
  UNDICI,
} from "./fault.ts";

const NO = '{"success":false,"errors":null,"statusCode":null,"correlationId":"id-2","data":null}';
const PAGE = "<!doctype html><title>a gateway</title>";

/** What a status means to an exchange: without an envelope, with one that says no, with a token. */
type Meaning = readonly [
  bare: Expected["exchange"],
  no: Expected["exchange"],
  token: Expected["exchange"],
];

const all = (meaning: Expected["exchange"]): Meaning => [meaning, meaning, meaning];
const UNAVAILABLE = all("P4P_SERVICE_UNAVAILABLE, retried");
const FINAL = all("P4P_SERVICE_UNAVAILABLE");
const ANOTHER = all("P4P_BAD_RESPONSE");
const ACCEPTED: Meaning = ["P4P_BAD_RESPONSE, retried", "P4P_BAD_RESPONSE", "a token"];
const KEYS: Meaning = ["P4P_BAD_RESPONSE", "P4P_CREDENTIALS_REJECTED", "P4P_BAD_RESPONSE"];
const NO_BODY = all("P4P_BAD_RESPONSE, retried");

const MEANINGS: Record<number, Meaning> = {
  200: ACCEPTED,
  201: ACCEPTED,
  202: ACCEPTED,
  203: ACCEPTED,
  204: NO_BODY,
  205: NO_BODY,
  206: ACCEPTED,
  207: ACCEPTED,
  226: ACCEPTED,
  299: ACCEPTED,
  400: KEYS,
  401: all("P4P_CREDENTIALS_REJECTED"),
  402: ANOTHER,
  403: KEYS,
  404: ANOTHER,
  405: ANOTHER,
  406: ANOTHER,
  407: ANOTHER,
  408: UNAVAILABLE,
  409: ANOTHER,
  410: ANOTHER,
  411: ANOTHER,
  412: ANOTHER,
  413: ANOTHER,
  415: ANOTHER,
  417: ANOTHER,
  418: ANOTHER,
  421: ANOTHER,
  422: KEYS,
  423: ANOTHER,
  425: ANOTHER,
  426: ANOTHER,
  428: ANOTHER,
  429: all("P4P_RATE_LIMITED, retried"),
  431: ANOTHER,
  451: ANOTHER,
  499: ANOTHER,
  500: UNAVAILABLE,
  501: FINAL,
  502: UNAVAILABLE,
  503: UNAVAILABLE,
  504: UNAVAILABLE,
  505: FINAL,
  511: UNAVAILABLE,
  520: UNAVAILABLE,
  599: UNAVAILABLE,
  600: NO_BODY,
  999: NO_BODY,
};

const NO_600 = differs(["edge-runtime"], REFUSED, "it makes no Response with that status");

const EXCEPT: Record<number, Exceptions> = {
  407: differs(
    [...UNDICI, "Chromium"],
    REFUSED,
    "fetch takes a proxy's status from a service as an error (Fetch standard, HTTP-network-or-cache fetch)",
  ),
  421: differs(
    ["Chromium"],
    { times: 2 },
    "the browser itself sends it again, on a new connection",
  ),
  600: NO_600,
  999: NO_600,
};

/** A 401 is replayed once, with a new token. */
const sentOf = (status: number) => (status === 401 ? 2 : 1);

export const statuses: readonly Fault[] = Object.entries(MEANINGS).flatMap(([key, meaning]) => {
  const status = Number(key);
  const [bare, no, token] = meaning;
  const more = { sent: sentOf(status), except: EXCEPT[status] ?? {} };
  return [
    fault(`${status}, empty`, { status }, { exchange: bare, ...more }),
    fault(`${status}, a page`, { status, body: PAGE }, { exchange: bare, ...more }),
    fault(`${status}, an envelope that says no`, { status, body: NO }, { exchange: no, ...more }),
    fault(
      `${status}, an envelope with a token`,
      { status, body: GOOD },
      { exchange: token, ...more },
    ),
  ];
});
