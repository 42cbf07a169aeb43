// How often a request arrives, if its connection or its answer fails. `ledger.ts` runs this table on each runtime, and
// README's table of what a runtime sends twice is made from it.
import type { Engine } from "./engine.ts";
import type { Script } from "./harness.ts";
import type { WireStep } from "./wire.ts";

/** A request: a method, and whether it has a body. */
export interface Sent {
  readonly method: string;
  readonly body?: string;
}

/** A way in which a connection or an answer can fail. */
export interface Failure {
  readonly name: string;
  readonly script: Script;
  /** The request uses a connection that carried another one before. */
  readonly isReused?: true;
  /** The caller leaves when the request has arrived. */
  readonly leaves?: true;
  /** How often the client sends the request by itself. Otherwise once. */
  readonly sent?: 2;
  /** How README's table calls the failures that make a runtime repeat a request. */
  readonly inShort?: string;
}

/** What a runtime sends more than once by itself, and what keeps it from that. */
export interface Repeats {
  readonly runtimes: string;
  readonly engines: readonly Engine[];
  /** By the names in `inShort`. */
  readonly failures: readonly string[];
  /** The names of failures after which this runtime repeats nothing, although `failures` names their kind. */
  readonly except?: readonly string[];
  readonly repeats: (sent: Sent) => boolean;
  /** The words for `repeats`, of the methods that the package guards. */
  readonly requests: string;
  /** What the package does. `undefined` if nothing keeps the runtime from it. */
  readonly guard: string | undefined;
  /** The guard takes a new connection for each request. */
  readonly takesNewConnections?: true;
  readonly limits: string;
}

/** The methods that the package does not guard: a second request does no harm (RFC 9110, section 9.2.1). */
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];
export const isSafe = ({ method }: Sent): boolean => SAFE_METHODS.includes(method);

const body = "pay";
export const REQUESTS: readonly Sent[] = [
  ...SAFE_METHODS.map((method) => ({ method })),
  ...["POST", "PUT", "PATCH", "DELETE"].flatMap((method) => [{ method }, { method, body }]),
];

const STATUSES = [307, 400, 403, 404, 408, 409, 413, 421, 425, 429, 500, 502, 503, 504];
const BROKEN = "when a reused connection breaks";
const MISDIRECTED = "after a 421";
const TIMED_OUT = "after a 408 on a reused connection";

const answer = (status: number): Script => ({ status, headers: { "Retry-After": "0" } });
const head = (line: string) => `HTTP/1.1 200 OK\r\n$CORS\r\n${line}`;

/** The two ends of a connection, each at several moments. */
const breaks = (
  [
    ["reset", { action: "reset" }],
    ["closed", { action: "close" }],
  ] as const
).flatMap(([how, end]): { name: string; wire: readonly WireStep[] }[] => [
  { name: `is ${how} before the answer`, wire: [end] },
  { name: `is ${how} within the headers`, wire: [head("Content-Le"), end] },
  { name: `is ${how} within the body`, wire: [head("Content-Length: 9\r\n\r\nhalf"), end] },
]);

/** Those on reused connections come last: they leave connections behind. */
export const FAILURES: readonly Failure[] = [
  ...breaks.map(({ name, wire }) => ({ name: `a new connection ${name}`, script: { wire } })),
  { name: "no answer comes, and the caller leaves", script: { fault: "silent" }, leaves: true },
  { name: "the answer is 401", script: answer(401), sent: 2 },
  ...STATUSES.map((status) => ({
    name: `the answer is ${status}`,
    script: answer(status),
    ...(status === 421 && { inShort: MISDIRECTED }),
  })),
  ...breaks.map(({ name, wire }) => ({
    name: `a reused connection ${name}`,
    script: { wire, keepsConnection: true } as const,
    isReused: true as const,
    ...(!name.includes("body") && { inShort: BROKEN }),
  })),
  {
    name: "the answer is 408, on a reused connection",
    script: { ...answer(408), keepsConnection: true },
    isReused: true,
    inShort: TIMED_OUT,
  },
];

const every = () => true;

export const REPEATS: readonly Repeats[] = [
  {
    runtimes: "Node, edge-runtime, Next.js",
    engines: ["Node", "edge-runtime"],
    failures: [MISDIRECTED],
    repeats: every,
    requests: "any request",
    guard: "sends the body, even an empty one, as a stream with a known length",
    limits:
      "your own `fetch` gets the body as you gave it: make it a stream there, or have the service send no 421",
  },
  {
    runtimes: "Node 24.14, 24.15, 25.3 to 25.9, 26.0",
    engines: [], // tests/portable/once.ts
    failures: [MISDIRECTED],
    repeats: every,
    requests: "any request",
    guard:
      "uses a dispatcher that sends once, so that the promise rejects after a 421: with a stream these versions would fail after a 401 ([undici 4910](https://github.com/nodejs/undici/issues/4910))",
    limits: "a `Request` is sent without this guard: update Node",
  },
  {
    runtimes: "Deno 2",
    engines: ["Deno"],
    failures: [BROKEN],
    repeats: every,
    requests: "any request",
    guard: "uses its own connections (`Deno.createHttpClient`), which `close()` closes",
    takesNewConnections: true,
    limits:
      "if you pass a `client` or a `Request`, the package keeps yours and sends the body as a stream in chunks; it does the same where Deno has no such client",
  },
  {
    runtimes: "Bun",
    engines: ["Bun"],
    failures: [BROKEN],
    repeats: (sent) => isSafe(sent) || ["PUT", "DELETE"].includes(sent.method),
    requests: "PUT and DELETE",
    guard: "sets `keepalive: false`",
    takesNewConnections: true,
    limits: "if your own `fetch` makes a `Request` of its arguments, that setting is lost",
  },
  {
    runtimes: "Workers (workerd since November 2026)",
    engines: ["workerd"],
    failures: [BROKEN],
    repeats: (sent) =>
      isSafe(sent) || (["PUT", "DELETE"].includes(sent.method) && sent.body === undefined),
    requests: "any request with an empty body, except POST and PATCH,",
    guard: "sends a stream of unknown length as the body",
    limits: "",
  },
  {
    runtimes: "browsers",
    engines: ["Chromium"],
    failures: [BROKEN, MISDIRECTED, TIMED_OUT],
    except: ["a reused connection is closed within the headers"],
    repeats: every,
    requests: "Chromium: any request",
    guard: undefined,
    limits: "pay from a server",
  },
];
