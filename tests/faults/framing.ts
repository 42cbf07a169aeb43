// Answers whose bytes do not follow HTTP: their length, their chunks, their status line, their headers.
import { CLOSE, chunk, HOLD, head, LAST_CHUNK, lengthOf, type WireStep } from "../portable/wire.ts";
import {
  AS_GOOD,
  AS_WHOLE,
  BAD_RETRIED,
  BODY_BROKEN,
  BODY_REFUSED,
  BODY_SILENT,
  BROKEN,
  CUTTING_UNDICI,
  differs,
  type Expected,
  type Fault,
  GOOD,
  GOOD_ANSWER,
  GOOD_TOKEN,
  OLD_UNDICI,
  REFUSED,
  raw,
  SILENT,
  UNDICI,
} from "./fault.ts";

const STRICT = "stricter than the others";
const FORGIVES = "more lenient than the others";
const CUT =
  "[undici 5273](https://github.com/nodejs/undici/pull/5273): half a body counts as whole";
const LENIENT: Expected = { ...BROKEN, except: differs(["Chromium"], AS_GOOD, FORGIVES) };

/** Chromium hands out any number as a status; Bun does so to the caller of fetch. */
const anyStatus = (status: number, ...more: readonly "Bun"[]): Expected => {
  const answer = `${status}` as const;
  const inPage = { exchange: "P4P_BAD_RESPONSE, retried", answer } as const;
  const why = "it hands out any number as a status";
  return {
    ...BROKEN,
    except: { ...differs(["Chromium"], inPage, why), ...differs(more, { answer }, why) },
  };
};

const BYTES = GOOD.length;
const CHUNKED = "Transfer-Encoding: chunked";
const withHead = (...lines: readonly string[]) => head("200 OK", ...lines);

/** An answer with the whole body, and then the end of the connection. */
const whole = (name: string, top: string, expected: Expected, body = GOOD) =>
  raw(name, [top, body, CLOSE], expected);
const chunks = (name: string, steps: readonly WireStep[], expected: Expected) =>
  raw(name, [withHead(CHUNKED), ...steps, CLOSE], expected);

/** A good answer in which one piece of the head is another. */
const replaced = (name: string, old: string, other: string, expected: Expected) =>
  raw(name, [GOOD_ANSWER.replace(old, () => other), CLOSE], expected);
/** A good answer with one more header line. */
const line = (name: string, text: string, expected: Expected) =>
  replaced(name, "Connection", `${text}\r\nConnection`, expected);

export const lengths: readonly Fault[] = [
  whole("longer than the body", withHead(`Content-Length: ${BYTES + 10}`), BODY_BROKEN),
  whole("shorter than the body", withHead(`Content-Length: ${BYTES - 10}`), BAD_RETRIED),
  whole("0, and a body", withHead("Content-Length: 0"), BAD_RETRIED),
  whole("missing, until the connection closes", withHead(), GOOD_TOKEN),
  whole("negative", withHead("Content-Length: -1"), LENIENT),
  whole("a word", withHead("Content-Length: many"), LENIENT),
  whole("hexadecimal", withHead("Content-Length: 0x10"), LENIENT),
  whole("with a sign", withHead(`Content-Length: +${BYTES}`), LENIENT),
  whole("a fraction", withHead(`Content-Length: ${BYTES}.0`), LENIENT),
  whole("empty", withHead("Content-Length:"), LENIENT),
  whole("beyond 2^64", withHead("Content-Length: 99999999999999999999"), LENIENT),
  whole("twice the same", withHead(lengthOf(GOOD), lengthOf(GOOD)), {
    ...GOOD_TOKEN,
    except: differs(UNDICI, REFUSED, STRICT),
  }),
  whole("twice, and different", withHead(lengthOf(GOOD), "Content-Length: 5"), BROKEN),
  whole("a list", withHead(`Content-Length: ${BYTES}, ${BYTES}`), {
    ...BROKEN,
    except: differs(["Chromium", "Deno", "workerd"], AS_GOOD, "it takes equal lengths for one"),
  }),
  raw("beside chunks", [withHead(lengthOf(GOOD), CHUNKED), chunk(GOOD), LAST_CHUNK, CLOSE], {
    ...GOOD_TOKEN,
    except: differs(UNDICI, REFUSED, STRICT),
  }),
  raw("and another answer after the body", [GOOD_ANSWER, GOOD_ANSWER, CLOSE], GOOD_TOKEN),
  raw("and rubbish after the body", [GOOD_ANSWER, "rubbish", CLOSE], GOOD_TOKEN),
  raw("of 1 GiB, and silence", [withHead(`Content-Length: ${1024 ** 3}`), HOLD], BODY_SILENT),
];

export const chunking: readonly Fault[] = [
  chunks("a size in words", ["many\r\n", GOOD], BODY_BROKEN),
  chunks("a negative size", ["-5\r\n", GOOD], BODY_BROKEN),
  chunks("an empty size", ["\r\n", GOOD], BODY_BROKEN),
  chunks("a size beyond 2^64", ["FFFFFFFFFFFFFFFFF\r\n", GOOD], BODY_BROKEN),
  chunks("a size with 0x", [`0x${chunk(GOOD)}`, LAST_CHUNK], BODY_BROKEN),
  chunks("a size too small", [chunk(GOOD).replace(/^\w+/, "10"), LAST_CHUNK], BODY_BROKEN),
  chunks("a size too large", [chunk(GOOD).replace(/^\w+/, "fff"), LAST_CHUNK], {
    ...BODY_BROKEN,
    except: differs(CUTTING_UNDICI, AS_WHOLE, CUT),
  }),
  chunks("no line end after a chunk", [chunk(GOOD).trimEnd(), LAST_CHUNK], BODY_BROKEN),
  chunks("a bare line feed after a size", [chunk(GOOD).replace("\r", ""), LAST_CHUNK], {
    ...BODY_BROKEN,
    except: differs(["Chromium"], AS_GOOD, FORGIVES),
  }),
  chunks("an extension", [chunk(GOOD).replace("\r", ";a=b\r"), LAST_CHUNK], GOOD_TOKEN),
  chunks(
    "an extension of 64 KiB",
    [`${BYTES.toString(16)};a=`, { text: "b", times: 65_536 }, `\r\n${GOOD}\r\n`, LAST_CHUNK],
    {
      ...GOOD_TOKEN,
      except: differs(
        ["Deno", "workerd", "Chromium"],
        BODY_REFUSED,
        "it limits the length of a line",
      ),
    },
  ),
  chunks("trailers", [chunk(GOOD), "0\r\nX-Trailer: 1\r\n\r\n"], GOOD_TOKEN),
  chunks(
    "a trailer with a token's header",
    [chunk(GOOD), "0\r\nAuthorization: a\r\n\r\n"],
    GOOD_TOKEN,
  ),
  chunks("no chunk but the last", [LAST_CHUNK], BAD_RETRIED),
  chunks("rubbish after the last", [chunk(GOOD), LAST_CHUNK, "rubbish"], GOOD_TOKEN),
  chunks(
    "1,000 chunks of one byte",
    [{ text: chunk(" "), times: 1_000 }, chunk(GOOD), LAST_CHUNK],
    GOOD_TOKEN,
  ),
  raw("an unknown transfer encoding", [withHead("Transfer-Encoding: x-unknown"), GOOD, CLOSE], {
    ...GOOD_TOKEN,
    except: differs(["Bun"], REFUSED, STRICT),
  }),
  raw(
    "the transfer encoding `identity`",
    [withHead("Transfer-Encoding: identity"), GOOD, CLOSE],
    GOOD_TOKEN,
  ),
  raw(
    "the transfer encoding `chunked` twice",
    [withHead("Transfer-Encoding: chunked, chunked"), chunk(GOOD), LAST_CHUNK, CLOSE],
    { ...GOOD_TOKEN, except: differs(["Bun"], REFUSED, STRICT) },
  ),
];

const NO_HEAD = "no head at all";
const line64k: WireStep = { text: "a", times: 65_536 };
/** A good answer without its status line. */
const REST = GOOD_ANSWER.slice(GOOD_ANSWER.indexOf("\n") + 1);

export const heads: readonly Fault[] = [
  raw(NO_HEAD, [GOOD, CLOSE], BROKEN),
  raw("another protocol", ["SSH-2.0-OpenSSH_9.2\r\n", CLOSE], BROKEN),
  raw("bytes that are no text", [{ hex: "00ff00ff1603010200" }, CLOSE], BROKEN),
  raw("a TLS alert", [{ hex: "15030100020228" }, CLOSE], BROKEN),
  replaced("HTTP/1.0, until the connection closes", "HTTP/1.1", "HTTP/1.0", GOOD_TOKEN),
  replaced("HTTP/2.0 in its status line", "HTTP/1.1", "HTTP/2.0", {
    ...BROKEN,
    except: differs([...UNDICI, "Chromium"], AS_GOOD, FORGIVES),
  }),
  replaced("HTTP/9.9 in its status line", "HTTP/1.1", "HTTP/9.9", LENIENT),
  replaced("ICY in its status line", "HTTP/1.1", "ICY", BROKEN),
  replaced("a protocol in small letters", "HTTP/1.1", "http/1.1", LENIENT),
  replaced("a status of two digits", " 200 ", " 20 ", anyStatus(20)),
  replaced("a status of four digits", " 200 ", " 2000 ", anyStatus(2000)),
  replaced("a status with a sign", " 200 ", " +200 ", LENIENT),
  replaced("a status in words", " 200 ", " OK ", LENIENT),
  replaced("the status 0", " 200 ", " 000 ", anyStatus(0, "Bun")),
  replaced("the status 99", " 200 ", " 099 ", anyStatus(99, "Bun")),
  replaced("no reason", " 200 OK", " 200", GOOD_TOKEN),
  replaced("a reason with other characters", " OK", " Ünïcode", GOOD_TOKEN),
  raw(
    "lines that end in a bare line feed",
    [GOOD_ANSWER.replaceAll("\r\n", "\n").replace("$CORS", "X-A: 1\n$CORS"), CLOSE],
    { ...GOOD_TOKEN, except: differs(UNDICI, REFUSED, STRICT) },
  ),
  raw("an empty line first", ["\r\n", GOOD_ANSWER, CLOSE], {
    ...GOOD_TOKEN,
    except: differs(["Bun"], REFUSED, STRICT),
  }),
  raw("rubbish first", ["rubbish\r\n", GOOD_ANSWER, CLOSE], BROKEN),
  line("a line without a colon", "no colon", LENIENT),
  line("a line without a name", ": value", {
    ...BROKEN,
    except: differs(["Chromium", "Node 20", "Node 22"], AS_GOOD, FORGIVES),
  }),
  line("a space before the colon", "X-A : 1", {
    ...BROKEN,
    except: differs(["Chromium", "Node 20", "Node 22"], AS_GOOD, FORGIVES),
  }),
  line("a space in a name", "X A: 1", {
    ...BROKEN,
    except: differs(["Chromium", "Node 20", "Node 22"], AS_GOOD, FORGIVES),
  }),
  line("a value on two lines", "X-A: 1\r\n  2", {
    ...BROKEN,
    except: differs(["Chromium", ...OLD_UNDICI], AS_GOOD, FORGIVES),
  }),
  line("a null byte in a value", "X-A: 1\0", BROKEN),
  line("a bare carriage return in a value", "X-A: 1\r2", LENIENT),
  line("other characters in a value", "X-A: ünïcode", GOOD_TOKEN),
  raw("1,000 lines", ["HTTP/1.1 200 OK\r\n", { text: "X-A: 1\r\n", times: 1_000 }, REST, CLOSE], {
    ...GOOD_TOKEN,
    except: differs(["Deno", "Bun"], REFUSED, "it limits the number of lines"),
  }),
  raw("a value of 64 KiB", ["HTTP/1.1 200 OK\r\nX-A: ", line64k, "\r\n", REST, CLOSE], {
    ...GOOD_TOKEN,
    except: differs(UNDICI, REFUSED, "it takes 16 KiB"),
  }),
  raw(
    "a value of 64 MiB",
    ["HTTP/1.1 200 OK\r\nX-A: ", { text: "a", times: 64 * 1024 ** 2 }, CLOSE],
    { ...BROKEN, isLarge: true },
  ),
  raw(
    "lines without end",
    ["HTTP/1.1 200 OK\r\n", { text: "X-A: 0123456789\r\n", times: 4 * 1024 ** 2 }, CLOSE],
    { ...BROKEN, isLarge: true },
  ),
  raw("no line that lets a page read the answer", [GOOD_ANSWER.replace("$CORS", "X-A: 1"), CLOSE], {
    ...GOOD_TOKEN,
    except: differs(["Chromium"], REFUSED, "CORS"),
  }),
  line("a date that is none", "Date: soon", GOOD_TOKEN),
  line("an age that is none", "Age: -1", GOOD_TOKEN),
];

/** undici asks for no 100, and refuses one. */
const WHY_100 = "it takes a 100 that it did not ask for as an error";
const NO_100: Expected = { ...GOOD_TOKEN, except: differs(UNDICI, REFUSED, WHY_100) };
const SILENT_BUT_100: Expected = { ...SILENT, except: differs(UNDICI, REFUSED, WHY_100) };
const SHOWS_101 = differs(
  ["Deno", "workerd"],
  { exchange: "P4P_BAD_RESPONSE, retried", answer: "101" },
  "it hands out a 101",
);

const INTERIM = [
  ["100", "100 Continue"],
  ["102", "102 Processing"],
  ["103", "103 Early Hints"],
  ["199", "199 Unknown"],
] as const;

export const interim: readonly Fault[] = [
  ...INTERIM.map(([status, text]) =>
    raw(
      `${status} before the answer`,
      [`HTTP/1.1 ${text}\r\n\r\n`, GOOD_ANSWER, CLOSE],
      status === "100" ? NO_100 : GOOD_TOKEN,
    ),
  ),
  raw(
    "100 ten times before the answer",
    [{ text: "HTTP/1.1 100 Continue\r\n\r\n", times: 10 }, GOOD_ANSWER, CLOSE],
    NO_100,
  ),
  ...INTERIM.map(([status, text]) =>
    raw(
      `${status} as the answer, and the connection closes`,
      [`HTTP/1.1 ${text}\r\n\r\n`, CLOSE],
      BROKEN,
    ),
  ),
  ...INTERIM.map(([status, text]) =>
    raw(
      `${status} as the answer, and silence`,
      [`HTTP/1.1 ${text}\r\n\r\n`, HOLD],
      status === "100" ? SILENT_BUT_100 : SILENT,
    ),
  ),
  raw(
    "101 with another protocol",
    ["HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", CLOSE],
    { ...BROKEN, except: SHOWS_101 },
  ),
  raw(
    "101 with a good answer after it",
    ["HTTP/1.1 101 Switching Protocols\r\n\r\n", GOOD_ANSWER, CLOSE],
    {
      ...BROKEN,
      except: { ...SHOWS_101, ...differs(["Chromium", ...OLD_UNDICI], AS_GOOD, "it reads on") },
    },
  ),
];
