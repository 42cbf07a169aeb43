// Envelopes that contradict their status, contradict themselves, or have members of another type.
import {
  BAD,
  type Expected,
  envelope,
  type Fault,
  fault,
  GOOD_TOKEN,
  LIMITED,
  REJECTED,
  UNAVAILABLE,
} from "./fault.ts";

type Members = Record<string, unknown>;

const memberName = ([name, value]: [string, unknown]) =>
  value === undefined ? `no \`${name}\`` : `\`${name}\` ${JSON.stringify(value)}`;

/** Rows of an envelope with other members, by the HTTP status. */
function rows(status: number, all: readonly (readonly [Members, Expected])[]): Fault[] {
  return all.map(([members, expected]) => {
    const sent = status === 401 ? { sent: 2 } : {};
    const name = [`HTTP ${status}`, ...Object.entries(members).map(memberName)].join(", ");
    return fault(name, { status, body: envelope(members) }, { ...expected, ...sent });
  });
}

export const contradictions: readonly Fault[] = [
  ...rows(200, [
    [{ success: true, statusCode: 401 }, REJECTED],
    [{ success: true, statusCode: 400 }, BAD],
    [{ success: true, statusCode: 403 }, BAD],
    [{ success: true, statusCode: 404 }, BAD],
    [{ success: true, statusCode: 422 }, BAD],
    [{ success: true, statusCode: 429 }, LIMITED],
    [{ success: true, statusCode: 500 }, UNAVAILABLE],
    [{ success: true, statusCode: 501 }, UNAVAILABLE],
    [{ success: true, statusCode: 302 }, GOOD_TOKEN],
    [{ success: true, statusCode: 100 }, GOOD_TOKEN],
    [{ success: true, statusCode: 600 }, BAD],
    [{ success: false, statusCode: 200 }, BAD],
    [{ success: false, statusCode: 401 }, REJECTED],
    [{ success: false, statusCode: 400 }, REJECTED],
    [{ success: false, statusCode: 403 }, REJECTED],
    [{ success: false, statusCode: 404 }, BAD],
    [{ success: false, statusCode: 422 }, REJECTED],
    [{ success: false, statusCode: 429 }, LIMITED],
    [{ success: false, statusCode: 500 }, UNAVAILABLE],
    [{ success: false, statusCode: null }, BAD],
    [{ errors: ["an error"] }, GOOD_TOKEN],
    [{ message: "Unauthorized" }, GOOD_TOKEN],
    [{ data: null }, BAD],
  ]),
  ...rows(201, [[{ statusCode: 200 }, GOOD_TOKEN]]),
  ...rows(400, [
    [{ success: true, statusCode: 200 }, BAD],
    [{ success: false, statusCode: 200 }, REJECTED],
    [{ success: false, statusCode: 500 }, REJECTED],
    [{ success: true, statusCode: 500 }, UNAVAILABLE],
    [{ success: false, statusCode: 429 }, LIMITED],
  ]),
  ...rows(401, [
    [{ success: true, statusCode: 200 }, REJECTED],
    [{ success: true, statusCode: 500 }, REJECTED],
    [{ success: false, statusCode: 429 }, LIMITED],
  ]),
  ...rows(404, [
    [{ success: false, statusCode: 422 }, REJECTED],
    [{ success: false, statusCode: 503 }, UNAVAILABLE],
    [{ success: true, statusCode: 401 }, REJECTED],
  ]),
  ...rows(429, [
    [{ success: true, statusCode: 200 }, LIMITED],
    [{ success: false, statusCode: 401 }, LIMITED],
  ]),
  ...rows(500, [
    [{ success: true, statusCode: 200 }, UNAVAILABLE],
    [{ success: false, statusCode: 401 }, UNAVAILABLE],
    [{ success: false, statusCode: 429 }, LIMITED],
  ]),
];

/** Members of another type than the contract's. A wrong one counts as absent, except `success` and `data`. */
export const types: readonly Fault[] = rows(200, [
  [{ success: undefined }, BAD],
  [{ success: null }, BAD],
  [{ success: 1 }, BAD],
  [{ success: "true" }, BAD],
  [{ success: [true] }, BAD],
  [{ success: {} }, BAD],
  [{ statusCode: undefined }, GOOD_TOKEN],
  [{ statusCode: null }, GOOD_TOKEN],
  [{ statusCode: "200" }, GOOD_TOKEN],
  [{ statusCode: "401" }, REJECTED],
  [{ statusCode: "4e2" }, GOOD_TOKEN],
  [{ statusCode: 401.5 }, GOOD_TOKEN],
  [{ statusCode: -401 }, GOOD_TOKEN],
  [{ statusCode: 65_937 }, GOOD_TOKEN],
  [{ statusCode: 1e300 }, GOOD_TOKEN],
  [{ statusCode: [401] }, GOOD_TOKEN],
  [{ statusCode: { code: 401 } }, GOOD_TOKEN],
  [{ statusCode: true }, GOOD_TOKEN],
  [{ message: null }, GOOD_TOKEN],
  [{ message: 7 }, GOOD_TOKEN],
  [{ message: ["a"] }, GOOD_TOKEN],
  [{ errors: "an error" }, GOOD_TOKEN],
  [{ errors: {} }, GOOD_TOKEN],
  [{ correlationId: undefined }, GOOD_TOKEN],
  [{ correlationId: null }, GOOD_TOKEN],
  [{ correlationId: 7 }, GOOD_TOKEN],
  [{ correlationId: "" }, GOOD_TOKEN],
  [{ correlationId: "two words" }, GOOD_TOKEN],
  [{ correlationId: "a\r\nX-Injected: 1" }, GOOD_TOKEN],
  [{ data: undefined }, BAD],
  [{ data: "token" }, BAD],
  [{ data: 7 }, BAD],
  [{ data: [] }, BAD],
  [{ data: {} }, BAD],
  [{ data: true }, BAD],
]);
