// Bodies that are not the envelope: other text, other bytes, too many of them, compressed ones.
import { CLOSE, chunk, HOLD, head, LAST_CHUNK, lengthOf, type WireStep } from "../portable/wire.ts";
import {
  AS_GOOD,
  AS_WHOLE,
  BAD,
  BAD_RETRIED,
  BODY_BROKEN,
  BODY_REFUSED,
  differs,
  type Expected,
  envelope,
  type Fault,
  fault,
  GOOD,
  GOOD_TOKEN,
  OLD_UNDICI,
  raw,
  UNDICI,
} from "./fault.ts";

const MIB = 1024 ** 2;

const body = (name: string, text: string, expected: Expected, headers = {}) =>
  fault(name, { body: text, headers }, expected);

/** A body of bytes, in hexadecimal digits. */
const bytes = (name: string, hex: string, expected: Expected) =>
  raw(name, [head("200 OK", `Content-Length: ${hex.length / 2}`), { hex }, CLOSE], expected);

const hexOf = (text: string) =>
  Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, "0")).join("");

/** A good envelope with these bytes in its message. */
const messageOf = (hex: string) => {
  const [before = "", after = ""] = envelope({ message: "$HERE" }).split("$HERE");
  return hexOf(before) + hex + hexOf(after);
};

const nested = (open: string, close: string, times: number): WireStep[] => {
  const [before = "", after = ""] = envelope({ deep: "$HERE" }).split('"$HERE"');
  return [before, { text: open, times }, "0", { text: close, times }, after];
};

const unframed = (name: string, steps: readonly WireStep[], expected: Expected) =>
  raw(name, [head("200 OK"), ...steps, CLOSE], expected);

export const texts: readonly Fault[] = [
  body("a page", "<!doctype html><title>maintenance</title>", BAD_RETRIED),
  body("a page, called JSON", "<html>", BAD_RETRIED, { "content-type": "application/json" }),
  body("blanks", " \n\t ", BAD_RETRIED),
  body("null", "null", BAD_RETRIED),
  body("true", "true", BAD_RETRIED),
  body("0", "0", BAD_RETRIED),
  body("a number", "4102444800", BAD_RETRIED),
  body("a text", '"token"', BAD_RETRIED),
  body("an array", "[]", BAD_RETRIED),
  body("an array of envelopes", `[${GOOD}]`, BAD_RETRIED),
  body("an envelope within a text", JSON.stringify(GOOD), BAD_RETRIED),
  body("an empty object", "{}", BAD),
  body("a bare token", '{"token":"a","expiresAt":4102444800}', BAD),
  body("half an envelope", GOOD.slice(0, GOOD.length / 2), BAD_RETRIED),
  body("an envelope and rubbish", `${GOOD}x`, BAD_RETRIED),
  body("two envelopes", GOOD + GOOD, BAD_RETRIED),
  body("an envelope with a comma too many", GOOD.replace(/\}$/, ",}"), BAD_RETRIED),
  body("an envelope with a comment", `/* good */${GOOD}`, BAD_RETRIED),
  body("an envelope with NaN", GOOD.replace("null", "NaN"), BAD_RETRIED),
  body("an envelope in single quotes", GOOD.replaceAll('"', "'"), BAD_RETRIED),
  body("JSONP", `callback(${GOOD})`, BAD_RETRIED),
  body("an envelope behind )]}'", `)]}'\n${GOOD}`, BAD_RETRIED),
  body("XML", "<?xml version='1.0'?><token>a</token>", BAD_RETRIED),
  body("a form", "token=a&expiresAt=4102444800", BAD_RETRIED),
  body("events of a server", `data: ${GOOD}\n\n`, BAD_RETRIED),
  body("an envelope, called a page", GOOD, GOOD_TOKEN, { "content-type": "text/html" }),
  body("an envelope of no type", GOOD, GOOD_TOKEN),
  body("an envelope, called UTF-16", GOOD, GOOD_TOKEN, {
    "content-type": "application/json; charset=utf-16",
  }),
  body("duplicate keys: the last one counts", GOOD.replace("{", '{"success":false,'), GOOD_TOKEN),
  body(
    "duplicate keys: the last one says no",
    GOOD.replace(/\}$/, ',"success":false,"statusCode":401}'),
    { exchange: "P4P_CREDENTIALS_REJECTED" },
  ),
  body("__proto__ with a token", '{"__proto__":{"success":true},"data":{}}', BAD),
  body(
    "a data that only inherits",
    envelope({ data: null }).replace("{", `{"__proto__":${GOOD},`),
    BAD,
  ),
  unframed("10,000 arrays in each other", nested("[", "]", 10_000), GOOD_TOKEN),
  unframed("100,000 objects in each other", nested('{"a":', "}", 100_000), GOOD_TOKEN),
  unframed(
    "100,000 members",
    [GOOD.replace(/\}$/, ""), { text: ',"a":1', times: 100_000 }, "}"],
    GOOD_TOKEN,
  ),
  unframed(
    "a number of 100,000 digits",
    [GOOD.replace(/\}$/, ',"n":'), { text: "9", times: 100_000 }, "}"],
    GOOD_TOKEN,
  ),
];

export const encodings: readonly Fault[] = [
  bytes("a byte order mark", `efbbbf${hexOf(GOOD)}`, GOOD_TOKEN),
  bytes("two byte order marks", `efbbbfefbbbf${hexOf(GOOD)}`, BAD_RETRIED),
  bytes("UTF-16", `fffe${[...GOOD].map((c) => `${hexOf(c)}00`).join("")}`, BAD_RETRIED),
  bytes("UTF-16 without a mark", [...GOOD].map((c) => `${hexOf(c)}00`).join(""), BAD_RETRIED),
  bytes("a byte that UTF-8 has not", messageOf("ff"), BAD_RETRIED),
  bytes("half a character", messageOf("c3"), BAD_RETRIED),
  bytes("a character written too long", messageOf("c0af"), BAD_RETRIED),
  bytes("a surrogate in UTF-8", messageOf("eda080"), BAD_RETRIED),
  bytes("a character beyond Unicode", messageOf("f4908080"), BAD_RETRIED),
  bytes("Latin-1", messageOf("fc"), BAD_RETRIED),
  bytes("a null byte in a text", messageOf("00"), BAD_RETRIED),
  bytes("null bytes only", "00000000", BAD_RETRIED),
  bytes("half a character at the end", `${hexOf(GOOD)}e2`, BAD_RETRIED),
  body("a lone surrogate in the message", GOOD.replace("{", '{"message":"\\ud800",'), GOOD_TOKEN),
  body(
    "a lone surrogate as the correlation id",
    envelope({}).replace("id-1", "\\udc00"),
    GOOD_TOKEN,
  ),
  body(
    "a lone surrogate in the details of a failure",
    '{"success":false,"errors":["\\ud800"]}',
    BAD,
  ),
];

const TOO_MUCH: Expected = { ...BAD_RETRIED, isLarge: true };
const blanks = (times: number): WireStep => ({ text: " ", times });
const GZIP = "Content-Encoding: gzip";

const WHY_CHANCE =
  "this undici may never end a body that it can't decompress, and then no signal ends it either";
const CHANCE = differs(
  OLD_UNDICI,
  { exchange: "P4P_NETWORK or P4P_TIMEOUT", answer: "200, body waits" },
  WHY_CHANCE,
);
const NO_CHECK = "it does not ask for the checksum";
const NO_END = "it takes what came for the whole";
const FIRST_ONLY = "it reads the first member only";
const zipped = (name: string, steps: readonly WireStep[], expected: Expected) =>
  raw(name, [head("200 OK", GZIP), ...steps, CLOSE], expected);

export const sizes: readonly Fault[] = [
  unframed("1 MiB, the most that is read", [GOOD, blanks(MIB - GOOD.length)], GOOD_TOKEN),
  unframed("1 MiB and a byte", [GOOD, blanks(MIB - GOOD.length + 1)], BAD_RETRIED),
  raw(
    "64 MiB with its length",
    [head("200 OK", `Content-Length: ${64 * MIB}`), blanks(64 * MIB), CLOSE],
    TOO_MUCH,
  ),
  unframed("64 MiB without a length", [blanks(64 * MIB)], TOO_MUCH),
  raw(
    "64 MiB in chunks",
    [
      head("200 OK", "Transfer-Encoding: chunked"),
      { text: chunk(" ".repeat(1_024)), times: 65_536 },
      LAST_CHUNK,
      CLOSE,
    ],
    TOO_MUCH,
  ),
  raw("64 MiB after a 503", [head("503 Service Unavailable"), blanks(64 * MIB), CLOSE], {
    exchange: "P4P_SERVICE_UNAVAILABLE, retried",
    answer: "503",
    isLarge: true,
  }),
  raw("64 MiB after a redirect", [head("302 Found", "Location: /"), blanks(64 * MIB), CLOSE], {
    exchange: "P4P_REDIRECTED",
    answer: "302",
    isLarge: true,
    except: differs(["Chromium"], { answer: "0" }, "a page may not see a redirect"),
  }),
  raw(
    "a length of 64 MiB, 1 MiB and a byte of it, and silence",
    [head("200 OK", `Content-Length: ${64 * MIB}`), blanks(MIB + 1), HOLD],
    TOO_MUCH,
  ),
];

export const compressed: readonly Fault[] = [
  zipped("gzip", [{ gzip: GOOD }], GOOD_TOKEN),
  zipped("gzip, cut within its data", [{ gzip: GOOD, cutBytes: 40 }], {
    ...BODY_BROKEN,
    except: differs([...UNDICI, "Chromium"], AS_WHOLE, NO_END),
  }),
  zipped("gzip without its checksum", [{ gzip: GOOD, cutBytes: 8 }], {
    ...BODY_BROKEN,
    except: differs([...UNDICI, "Chromium"], AS_GOOD, NO_CHECK),
  }),
  zipped("gzip with a wrong checksum", [{ gzip: GOOD, cutBytes: 8 }, { hex: "0000000000000000" }], {
    ...BODY_BROKEN,
    except: { ...CHANCE, ...differs(["Chromium"], AS_GOOD, NO_CHECK) },
  }),
  zipped("gzip and rubbish after it", [{ gzip: GOOD }, "rubbish"], {
    ...GOOD_TOKEN,
    except: { ...differs(["Node", "workerd"], BODY_REFUSED, "it refuses the rubbish"), ...CHANCE },
  }),
  zipped("gzip in two members", [{ gzip: GOOD }, { gzip: " " }], GOOD_TOKEN),
  zipped("gzip that is none", [GOOD], { ...BODY_BROKEN, except: CHANCE }),
  zipped("gzip, and no byte", [], {
    ...BAD_RETRIED,
    except: differs(["Deno", "workerd"], BODY_REFUSED, "it misses the end of the gzip"),
  }),
  raw("gzip that is not declared", [head("200 OK"), { gzip: GOOD }, CLOSE], BAD_RETRIED),
  raw(
    "an unknown coding",
    [head("200 OK", "Content-Encoding: x-unknown", lengthOf(GOOD)), GOOD, CLOSE],
    GOOD_TOKEN,
  ),
  raw(
    "the coding `identity`",
    [head("200 OK", "Content-Encoding: identity", lengthOf(GOOD)), GOOD, CLOSE],
    GOOD_TOKEN,
  ),
  zipped("a bomb of 64 MiB", [{ gzip: " ".repeat(1_024), times: 65_536 }], TOO_MUCH),
  zipped(
    "a bomb of 64 MiB with a token first",
    [{ gzip: GOOD }, { gzip: " ".repeat(1_024), times: 65_536 }],
    { ...TOO_MUCH, except: differs(["Deno", "Chromium"], AS_GOOD, FIRST_ONLY) },
  ),
];
