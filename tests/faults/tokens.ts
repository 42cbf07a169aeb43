// Every wrong form of a token, of its type and of its end.
import { jwt } from "../portable/harness.ts";
import { CLOSE, head } from "../portable/wire.ts";
import {
  BAD,
  data,
  dataWith,
  END_S,
  type Expected,
  type Fault,
  fault,
  GOOD_TOKEN,
  raw,
  UNUSABLE,
} from "./fault.ts";

type Row = readonly [json: string, expected: Expected];

const rows = (member: string, all: readonly Row[]): Fault[] =>
  all.map(([json, expected]) => fault(shortened(json), { body: dataWith(member, json) }, expected));

/** The name of a row: long values by their beginning and length. */
const shortened = (json: string) =>
  json.length > 60 ? `${json.slice(0, 20)}…, ${json.length} characters` : json;

export const ends: readonly Fault[] = [
  fault("absent", { body: data({ expiresAt: undefined }) }, BAD),
  ...rows("expiresAt", [
    ["null", BAD],
    ["true", BAD],
    ["[]", BAD],
    ["[4102444800]", BAD],
    ["{}", BAD],
    ["0", BAD],
    ["-0", BAD],
    ["-1", BAD],
    ["-4102444800", BAD],
    ["1.5", BAD],
    ["4102444800.5", BAD],
    ["0.1", BAD],
    ["1e300", BAD],
    ["1e400", BAD],
    ["-1e400", BAD],
    ["1e-400", BAD],
    ["9007199254740991", GOOD_TOKEN],
    ["9007199254740992", BAD],
    ["18446744073709551616", BAD],
    ["8640000000000001", GOOD_TOKEN],
    ["8640000000000000", GOOD_TOKEN],
    ["4102444800000", GOOD_TOKEN],
    ["4.1024448e9", GOOD_TOKEN],
    ["4102444800.0", GOOD_TOKEN],
    ["1", UNUSABLE],
    ["1000000000", UNUSABLE],
    ["1000000000000", UNUSABLE],
    ['""', BAD],
    ['" "', BAD],
    ['"soon"', BAD],
    ['"NaN"', BAD],
    ['"Infinity"', BAD],
    ['"-4102444800"', BAD],
    ['"+4102444800"', BAD],
    ['"4102444800.0"', BAD],
    ['"4.1e9"', BAD],
    ['"0x10"', BAD],
    ['" 4102444800"', BAD],
    ['"4102444800 "', BAD],
    ['"４１０２４４４８００"', BAD],
    ['"2100-01-01T00:00:00Z"', BAD],
    ['"99999999999999999999"', BAD],
    ['"4102444800"', GOOD_TOKEN],
    ['"4102444800000"', GOOD_TOKEN],
  ]),
];

const text = (value: string) => JSON.stringify(value);

export const values: readonly Fault[] = [
  fault("absent", { body: data({ token: undefined }) }, BAD),
  ...rows("token", [
    ["null", BAD],
    ["true", BAD],
    ["7", BAD],
    ["[]", BAD],
    ['["sandbox-token.a"]', BAD],
    ["{}", BAD],
    ['{"value":"sandbox-token.a"}', BAD],
    ['""', BAD],
    ['" "', BAD],
    [text(" sandbox-token.a"), BAD],
    [text("sandbox-token.a "), BAD],
    [text("sandbox-token.a\n"), BAD],
    [text("sandbox token.a"), BAD],
    [text("Bearer sandbox-token.a"), BAD],
    [text("sandbox-token.a\tb"), BAD],
    [text("sandbox-token.a\0b"), BAD],
    [text("sandbox-token.ä"), BAD],
    [text("sandbox-token.💥"), BAD],
    [text("sandbox-token.\ud800"), BAD],
    [text("sandbox-token.\u2028"), BAD],
    [text("sandbox-token.a\r\nX-Injected: 1"), BAD],
    [text("sandbox-token.a\nX-Injected: 1"), BAD],
    [text("sandbox-token.a\rX-Injected: 1"), BAD],
    [text("sandbox-token.a\r\n\r\nGET /injected HTTP/1.1"), BAD],
    [text("sandbox-token.a\u010d\u010aX-Injected: 1"), BAD],
    [text("sandbox-token.a\u0085X-Injected: 1"), BAD],
    [text("sandbox-token.a,b"), BAD],
    [text('sandbox-token."a"'), BAD],
    [text("sandbox-token.%0d%0aX-Injected:1"), BAD],
  ]),
  // The longest that is accepted is longer than what this test's server takes in a header.
  ofLength(8_000, GOOD_TOKEN),
  ofLength(16 * 1024 + 1, BAD),
];

/** A token of this length. */
function ofLength(times: number, expected: Expected): Fault {
  const [before = "", after = ""] = data({ token: "$HERE" }).split("$HERE");
  const steps = [head("200 OK"), before, { text: "a", times }, after, CLOSE];
  return raw(`${times.toLocaleString("en")} good characters`, steps, expected);
}

export const kinds: readonly Fault[] = [
  fault("absent", { body: data({ tokenType: undefined }) }, GOOD_TOKEN),
  ...rows("tokenType", [
    ['"bearer"', GOOD_TOKEN],
    ['"BEARER"', GOOD_TOKEN],
    ["null", UNUSABLE],
    ["true", UNUSABLE],
    ["7", UNUSABLE],
    ["[]", UNUSABLE],
    ['["Bearer"]', UNUSABLE],
    ["{}", UNUSABLE],
    ['""', UNUSABLE],
    ['"Basic"', UNUSABLE],
    ['"MAC"', UNUSABLE],
    ['"DPoP"', UNUSABLE],
    ['" Bearer"', UNUSABLE],
    ['"Bearer "', UNUSABLE],
    ['"Bearer\\r\\n"', UNUSABLE],
    ['"Bearеr"', UNUSABLE],
  ]),
];

/** A moment in the past, in seconds. */
const PAST_S = 1_700_000_000;

/** A JWT with these claims beside good ones. */
const withClaims = (name: string, claims: object, expected: Expected, expiresAt = END_S) =>
  fault(
    name,
    { body: data({ token: jwt({ iat: PAST_S, nbf: PAST_S, exp: END_S, ...claims }), expiresAt }) },
    expected,
  );

export const claims: readonly Fault[] = [
  withClaims("`exp` is over, `expiresAt` is not", { exp: PAST_S - 60 }, UNUSABLE),
  withClaims("`expiresAt` is over, `exp` is not", {}, UNUSABLE, PAST_S - 60),
  withClaims("`nbf` is ahead", { nbf: END_S - 60 }, UNUSABLE),
  withClaims("another environment", { environment: "LIVE" }, UNUSABLE),
  withClaims("an environment of another type", { environment: 7 }, GOOD_TOKEN),
  withClaims("`exp` of another type", { exp: "soon" }, GOOD_TOKEN),
  withClaims("`exp` beyond 2^53", { exp: 1e300 }, GOOD_TOKEN),
  withClaims("`exp` negative", { exp: -1 }, UNUSABLE),
  withClaims("`iat` of another type", { iat: {} }, GOOD_TOKEN),
  withClaims("`iat` beyond 2^53", { iat: 1e300 }, GOOD_TOKEN),
  withClaims("`nbf` of another type", { nbf: [] }, GOOD_TOKEN),
  fault("a payload that is no JSON", { body: data({ token: "e30.bm9uZQ.c2ln" }) }, GOOD_TOKEN),
  fault("a payload that is an array", { body: data({ token: "e30.W10.c2ln" }) }, GOOD_TOKEN),
  fault("a payload that is not base64url", { body: data({ token: "e30.a+b/.c2ln" }) }, GOOD_TOKEN),
  fault("five parts, as if encrypted", { body: data({ token: "e30.a.b.c.d0" }) }, GOOD_TOKEN),
];
