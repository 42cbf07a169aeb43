// Every wait, limit and bound that an operator can meet. The values come from the source.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../project.mjs";
import {
  backoff,
  count,
  duration,
  number,
  option,
  percent,
  policy,
  range,
  seconds,
  size,
  type ToText,
  time,
  upTo,
} from "./bound-words.ts";
import { type ConstantValue, readConstants } from "./constants.ts";

export interface Bound {
  /** The part of the package or the Worker. */
  readonly part: string;
  readonly what: string;
  readonly value: string;
  readonly file: string;
  /** The name of the constant. `undefined` if the source has the number in an expression. */
  readonly constant: string | undefined;
}

type Read = (file: string, name: string) => ConstantValue;

/** Returns the bounds, in the order of the document. */
export function readBounds(): Bound[] {
  const constants = readConstants();
  const read: Read = (file, name) => {
    const found = constants.find((constant) => constant.file === file && constant.name === name);
    if (found === undefined) {
      throw new Error(`${file} has no numeric constant ${name}: correct scripts/docs/bounds.ts`);
    }
    return found.value;
  };
  return ROWS.map(([part, what, source, toText]) => {
    const [file = "", constant] = source.split(" ");
    const value = typeof toText === "function" ? toText(read(file, constant ?? "")) : "";
    return typeof toText === "function"
      ? { part, what, value, file, constant }
      : { part, what, value: toText.words(numberAt(file, toText.pattern)), file, constant };
  });
}

/** A number in an expression of the source, and the words for it. */
interface Expression {
  readonly pattern: RegExp;
  readonly words: (found: number) => string;
}

function numberAt(file: string, pattern: RegExp): number {
  const [, digits] = pattern.exec(readFileSync(join(root, file), "utf8")) ?? [];
  if (digits === undefined) {
    throw new Error(`${file} does not match ${pattern}: correct scripts/docs/bounds.ts`);
  }
  return Number(digits);
}

const OPTIONS = "src/options.rs";
const BACKOFF = "src/lifecycle/backoff.rs";
const LIFECYCLE = "src/lifecycle/mod.rs";
const PHASE = "src/lifecycle/phase.rs";
const STORE = "src/lifecycle/store.rs";
const TOKEN = "src/lifecycle/current_token.rs";
const OBJECT = "npm/cloudflare/coordinator.ts";
const ISOLATE = "npm/cloudflare/coordinator-client.ts";
const WORKER = "worker/src";

/** The part, what is bounded, the file and the constant, and how to say its value. */
const ROWS: readonly [part: string, what: string, source: string, toText: ToText | Expression][] = [
  ["exchange", "one attempt (`timeoutMs`)", `${OPTIONS} TIMEOUT_MS`, option(duration)],
  ["exchange", "attempts after the first (`retries`)", `${OPTIONS} RETRIES`, option(String)],
  [
    "exchange",
    "all attempts and waits (`deadlineMs`); also the wait of each caller",
    `${OPTIONS} DEADLINE_MS`,
    option(duration),
  ],
  [
    "exchange",
    "wait before another attempt: a random part of this, or `Retry-After` if that is longer",
    "src/retry.rs RETRY_BACKOFF",
    backoff,
  ],
  ["exchange", "an answer of the service", "src/response.rs MAX_BODY", size],
  ["exchange", "a token", "src/claims.rs MAX_TOKEN", size],
  ["exchange", "a key, `environment` or `authorization`", `${OPTIONS} MAX_TEXT`, count("bytes")],
  [
    "exchange",
    "a token may be valid from this much later than now (`nbf`)",
    "src/expiry.rs NOT_BEFORE_LEEWAY_MS",
    time,
  ],
  [
    "exchange",
    "the shortest secret that the package removes from texts",
    "src/secret.rs MIN_REDACTED_LENGTH",
    count("bytes"),
  ],
  [
    "request",
    "`client.fetch`, from the call to the headers (`requestTimeoutMs`)",
    `${OPTIONS} REQUEST_TIMEOUT_MS`,
    range,
  ],
  [
    "token",
    "refresh point before the end (`refreshAhead`), default",
    `${OPTIONS} DEFAULT_REFRESH_AHEAD`,
    (value) => `${percent(number(value))} of the lifetime`,
  ],
  [
    "token",
    "`refreshAhead`, largest",
    `${OPTIONS} MAX_REFRESH_AHEAD`,
    (value) => `${percent(number(value))} of the lifetime`,
  ],
  [
    "token",
    "the refresh point is earlier by a random time",
    PHASE,
    {
      pattern: /window_ms\.min\(lifetime_ms - window_ms\) \/ (\d+)/,
      words: (found) => `up to 1/${found} of that share`,
    },
  ],
  [
    "token",
    "wait point before the end: share of the lifetime",
    PHASE,
    {
      pattern: /WAIT_MARGIN_MS\.min\(lifetime_ms \/ (\d+)\)/,
      words: (found) => percent(1 / found),
    },
  ],
  ["token", "wait point before the end: limit", `${PHASE} WAIT_MARGIN_MS`, upTo],
  [
    "token",
    "a caller's wait while the token is `expiring`",
    `${LIFECYCLE} MAX_WAIT_OVER_EXPIRING_MS`,
    upTo,
  ],
  [
    "token",
    "dead point before the end: share of the lifetime",
    PHASE,
    {
      pattern: /DEAD_MARGIN_MS\.min\(lifetime_ms \/ (\d+)\)/,
      words: (found) => percent(1 / found),
    },
  ],
  ["token", "dead point before the end: limit", `${PHASE} DEAD_MARGIN_MS`, upTo],
  [
    "token",
    "a step back of a clock that does not end the token",
    "src/lifecycle/clock.rs STEP_BACK_TOLERANCE_MS",
    upTo,
  ],
  [
    "token",
    "how far the wall clock moves before a client also reads the monotonic clock",
    "npm/client/lease.ts WALL_CLOCK_ONLY_MS",
    time,
  ],
  ["cool-down", "an exchange failed, and there is no token", `${BACKOFF} FAILURE_BACKOFF`, backoff],
  [
    "cool-down",
    "a refresh failed, and there is a good token",
    `${BACKOFF} REFRESH_BACKOFF`,
    backoff,
  ],
  [
    "cool-down",
    "the first wait after a failed refresh: limit",
    TOKEN,
    { pattern: /self\.lifetime_ms \/ (\d+)/, words: (found) => `1/${found} of the lifetime` },
  ],
  [
    "cool-down",
    "the service rejected the keys: between two probes of the open circuit",
    `${BACKOFF} CIRCUIT_BACKOFF`,
    backoff,
  ],
  ["cool-down", "a replay got a 401 too: no replay", `${BACKOFF} REPLAY_BACKOFF`, backoff],
  [
    "cool-down",
    "`Retry-After` of the service, in a client",
    `${LIFECYCLE} MAX_RETRY_AFTER_MS`,
    upTo,
  ],
  [
    "leader",
    "how late a report of the leading caller may be before another caller leads",
    `${LIFECYCLE} LEADER_GRACE_MS`,
    time,
  ],
  [
    "leader",
    "how late an exchange may be before the core counts as stopped",
    "npm/client/running-exchanges.ts WATCHDOG_GRACE_MS",
    time,
  ],
  [
    "leader",
    "exchanges without their request before the core is replaced",
    "npm/client/running-exchanges.ts MAX_LEFT_BEHIND",
    count("exchanges"),
  ],
  [
    "leader",
    "on Workers: how often the leading request looks if another one has closed the client",
    "npm/client/in-flight.ts CLOSED_CHECK_MS",
    time,
  ],
  ["store", "a read", `${STORE} STORE_TIMEOUT_MS`, upTo],
  ["store", "a write or a deletion", "npm/stores/sealed-store.ts WRITE_MS", upTo],
  ["store", "during a cool-down: between two reads", `${STORE} STORE_READ_INTERVAL_MS`, time],
  [
    "store",
    "this machine's clock may be behind the token's issue",
    "src/stored.rs MAX_CLOCK_LAG_MS",
    upTo,
  ],
  ["store", "a sealed value", "npm/stores/seal.ts MAX_SEALED", size],
  ["store", "KV keeps a value for at least", "npm/cloudflare/kv.ts MIN_TTL_S", seconds],
  [
    "store",
    "rejected tokens that a client remembers",
    "npm/client/rejected-tokens.ts MAX_TOKENS",
    count("tokens"),
  ],
  [
    "coordinator",
    "an isolate's question: one attempt",
    `${ISOLATE} POLICY`,
    policy("timeoutMs", duration),
  ],
  [
    "coordinator",
    "an isolate's question: attempts after the first",
    `${ISOLATE} POLICY`,
    policy("retries", String),
  ],
  [
    "coordinator",
    "an isolate's question: all attempts and waits",
    `${ISOLATE} POLICY`,
    policy("deadlineMs", duration),
  ],
  [
    "coordinator",
    "an isolate's refresh window, later than the object's: `refreshAhead` of its clients",
    `${ISOLATE} POLICY`,
    policy(
      "refreshAhead",
      (share) => `${percent(share)} to ${percent(share * 1.5)} before the end`,
    ),
  ],
  [
    "coordinator",
    "an isolate remembers a failure of the object",
    `${LIFECYCLE} COORDINATOR_FAILURE_MS`,
    time,
  ],
  [
    "coordinator",
    "a request waits until the object has heard of its replay",
    `${ISOLATE} REPLAY_REPORT_MS`,
    upTo,
  ],
  [
    "coordinator",
    "the object's answer waits for a refresh that is under way",
    `${OBJECT} REFRESH_WAIT_MS`,
    upTo,
  ],
  ["coordinator", "the alarm, while a refresh is overdue", `${OBJECT} OVERDUE_ALARM_MS`, time],
  ["coordinator", "the alarm, after a failure without a token", `${OBJECT} OUTAGE_ALARM_MS`, time],
  ["coordinator", "the alarm waits for a `Retry-After`", `${OBJECT} MAX_RETRY_AFTER_MS`, upTo],
  [
    "Worker",
    "the service's answer, headers and body",
    `${WORKER}/service-request.ts TIMEOUT_MS`,
    time,
  ],
  [
    "Worker",
    "the size of the service's answer",
    `${WORKER}/service-request.ts MAX_ANSWER_BYTES`,
    size,
  ],
  ["Worker", "the size of a caller's body", `${WORKER}/gateway.ts MAX_BODY_BYTES`, size],
  ["Worker", "`/healthz` waits for a token", `${WORKER}/health.ts TOKEN_TIMEOUT_MS`, upTo],
  [
    "Worker",
    "after a 401: the wait for the reason",
    `${WORKER}/forward.ts TOKEN_ERROR_TIMEOUT_MS`,
    upTo,
  ],
  [
    "Worker",
    "Access's clock may differ by",
    `${WORKER}/cloudflare-access.ts CLOCK_TOLERANCE_S`,
    seconds,
  ],
];
