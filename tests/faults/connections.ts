// Faults of the connection: it breaks, ends too early, says nothing, or says it slowly.
import {
  CLOSE,
  chunk,
  HOLD,
  head,
  LAST_CHUNK,
  lengthOf,
  RESET,
  type WireStep,
} from "../portable/wire.ts";
import {
  AS_GOOD,
  AS_WHOLE,
  BODY_BROKEN,
  BODY_SILENT,
  BROKEN,
  CUTTING_UNDICI,
  differs,
  type Exceptions,
  type Fault,
  fault,
  GOOD,
  GOOD_ANSWER,
  GOOD_TOKEN,
  raw,
  SILENT,
} from "./fault.ts";

const HEAD = head("200 OK", lengthOf(GOOD));
const CHUNKED = head("200 OK", "Transfer-Encoding: chunked");
const HALF = GOOD.slice(0, GOOD.length / 2);

const WHY =
  "[undici 5273](https://github.com/nodejs/undici/pull/5273): half a body counts as whole";
const CUT = differs(CUTTING_UNDICI, AS_WHOLE, WHY);
const AT_END = differs(CUTTING_UNDICI, AS_GOOD, WHY);

/** The points of an answer at which it can end. */
const POINTS: readonly [
  where: string,
  sent: readonly WireStep[],
  hasHead: boolean,
  except?: Exceptions,
][] = [
  ["before the answer", [], false],
  ["within the status line", ["HTTP/1.1 20"], false],
  ["within the headers", ["HTTP/1.1 200 OK\r\nConnection: close\r\nDa"], false],
  ["after the headers", [HEAD], true],
  ["within the body", [HEAD, HALF], true],
  ["within a chunk", [CHUNKED, chunk(GOOD).slice(0, HALF.length)], true, CUT],
  ["between two chunks", [CHUNKED, chunk(HALF)], true, CUT],
  ["after the body, before the last chunk", [CHUNKED, chunk(GOOD)], true, AT_END],
  [
    "within the last chunk",
    [CHUNKED, chunk(GOOD), "0\r\n"],
    true,
    { ...AT_END, ...differs(["Bun"], AS_GOOD, "it does not wait for the last line") },
  ],
];

/** What breaks the connection at each of them. */
const breaks = (verb: string, step: WireStep): readonly Fault[] =>
  POINTS.map(([where, sent, hasHead, except = {}]) =>
    raw(`${verb} ${where}`, [...sent, step], { ...(hasHead ? BODY_BROKEN : BROKEN), except }),
  );

const silences = POINTS.map(([where, sent, hasHead]) =>
  raw(`says nothing more ${where}`, [...sent, HOLD], hasHead ? BODY_SILENT : SILENT),
);

export const connections: readonly Fault[] = [
  fault("resets it before the request is read", { early: true, wire: [RESET] }, BROKEN),
  ...breaks("resets it", RESET),
  raw("resets it after the whole answer", [GOOD_ANSWER, RESET], GOOD_TOKEN),
  ...breaks("closes it", CLOSE),
  ...silences,
  raw("says nothing more after the whole answer", [GOOD_ANSWER, HOLD], GOOD_TOKEN),
  raw("drips its status line", [{ drip: ["HTTP/1.1 200 OK", " and so on"] }], SILENT),
  raw("drips its headers", ["HTTP/1.1 200 OK\r\n", { drip: ["X-Slow: 1\r\n"] }], SILENT),
  raw("drips its body", [HEAD, { drip: [" "] }], BODY_SILENT),
  raw("drips its chunks", [CHUNKED, { drip: [chunk(" ")] }], BODY_SILENT),
  raw("drips a body without a length", [head("200 OK"), { drip: [" "] }], BODY_SILENT),
  raw("drips interim answers", [{ drip: ["HTTP/1.1 102 Processing\r\n\r\n"] }], SILENT),
  raw("drips trailers", [CHUNKED, chunk(GOOD), "0\r\n", { drip: ["X-Slow: 1\r\n"] }], BODY_SILENT),
  raw(
    "answers in single bytes, to its end",
    [CHUNKED, ...[...GOOD].map(chunk), LAST_CHUNK, CLOSE],
    GOOD_TOKEN,
  ),
  fault(
    "answers before the request is read",
    { early: true, wire: [GOOD_ANSWER, CLOSE] },
    GOOD_TOKEN,
  ),
];
