// The questions of a coordinator's client: which object gets them, what they say, and how often one is repeated.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { hashOf, loadCloudflare } from "./support/coordinator.ts";
import { type HeldTimer, StandIns } from "./support/fake-service.ts";
import { until } from "./support/until.ts";

const HOUR_MS = 3_600_000;

let lib: typeof Cloudflare;
before(async () => {
  lib = await loadCloudflare("coordinator-questions");
});

type Message = Readonly<Record<string, unknown>>;
type Answer = (message: Message) => unknown;

const globals = new StandIns();
const { now } = Date;
/** What the object has got. */
let messages: Message[];
/** How the object answers. */
let answer: Answer;
/** What the client has read of the namespace and its stubs. */
let read: unknown[];
let nowMs: number;

beforeEach(() => {
  messages = [];
  read = [];
  answer = token;
  nowMs = 1_800_000_000_000;
  Date.now = () => nowMs;
  globals.set("performance", { now: () => nowMs, timeOrigin: 1 });
});
afterEach(() => {
  Date.now = now;
  globals.restore();
});

let tokens = 0;
function token() {
  tokens += 1;
  const value = `opaque-${tokens}`;
  const statedEndMs = nowMs + HOUR_MS;
  const record = { value, lifetimeMs: HOUR_MS, statedEndMs, issuedAtMs: null, claims: null };
  return { token: { ...record, correlationId: null }, endsInMs: HOUR_MS, tookMs: 0 };
}

const never = () => new Promise<never>(() => {});

function clientOf(options: Partial<Cloudflare.CoordinatorClientOptions> = {}) {
  let stubs = 0;
  const namespace = {
    idFromName: (name: string) => {
      read.push(name);
      return { id: name };
    },
    get: (id: unknown) => {
      stubs += 1;
      read.push(id, stubs);
      return {
        async fetch(address: string, init: RequestInit) {
          const message = JSON.parse(String(init.body)) as Message;
          messages.push(message);
          read.push(address, init.method);
          return { json: async () => answer(message) };
        },
      };
    },
  };
  const given = { baseUrl: "https://api.example", ...options };
  return lib.coordinatorClient(namespace as never, given);
}

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** Lets time pass, from timer to timer, until `promise` has rejected. Returns its error, and how long that took. */
async function failure(promise: Promise<unknown>) {
  const begunMs = nowMs;
  const timers = globals.holdTimers();
  const dueMs = new Map<HeldTimer, number>();
  let error: Failure | undefined;
  promise.catch((thrown: Failure) => {
    error = thrown;
  });
  for (;;) {
    await turn(); // all else that is waited for are promises of this turn
    if (error !== undefined) {
      return { error, ms: nowMs - begunMs };
    }
    for (const timer of timers) {
      dueMs.set(timer, dueMs.get(timer) ?? nowMs + timer.ms);
    }
    const due = (timer: HeldTimer) => dueMs.get(timer) ?? 0;
    const [first = assert.fail("no timer")] = timers.toSorted((a, b) => due(a) - due(b));
    timers.splice(timers.indexOf(first), 1);
    nowMs = Math.max(nowMs, due(first));
    first.ring();
  }
}

test("a question goes to the object of the client's name, each by a stub of its own", async () => {
  for (const [name, options] of [
    ["default", {}],
    ["payments", { name: "payments" }],
  ] as const) {
    read = [];
    messages = [];
    const client = clientOf(options);
    const { value } = await client.getToken();
    client.invalidate();
    await client.getToken();
    const sent = ["https://coordinator.invalid/", "POST"];
    assert.deepEqual(read, [name, { id: name }, 1, ...sent, name, { id: name }, 2, ...sent]);
    const question = { type: "token", reset: false };
    assert.deepEqual(messages, [
      { ...question, rejected: [] },
      { ...question, rejected: [hashOf(value)] },
    ]);
    client.close();
  }
});

test("a question for a refresh names the token that the client has", async () => {
  const client = clientOf();
  const { value } = await client.getToken();
  nowMs += HOUR_MS * 0.95;
  answer = () => ({ ...token(), endsInMs: HOUR_MS * 0.05 });
  await client.getToken();
  await until(() => messages.length === 2);
  assert.equal(messages[1]?.["current"], hashOf(value));
  client.close();
});

describe("a reset", () => {
  const resets = () => messages.flatMap(({ type, reset }) => (type === "token" ? [reset] : []));

  test("is told to the object at once, while the request waits", async () => {
    const waits: unknown[] = [];
    const client = clientOf({ waitUntil: (promise) => waits.push(promise) });
    client.reset();
    await turn();
    assert.deepEqual(messages, [{ type: "reset" }]);
    assert.equal(waits.length, 1);
    await Promise.all(waits);
    client.close();
  });

  test("harms nobody where the object, or the request, can't take it", async () => {
    answer = () => Promise.reject(new Error("unplugged"));
    const waitUntil = () => {
      throw new Error("no request");
    };
    for (const client of [clientOf(), clientOf({ waitUntil })]) {
      client.reset();
      await turn();
      client.close();
    }
    assert.equal(messages.length, 2);
  });

  test("is in each question until one is answered", async () => {
    const client = clientOf();
    await client.getToken();
    client.reset();
    client.invalidate();
    let failures = 2;
    answer = ({ type }) => {
      if (type === "token" && failures > 0) {
        failures -= 1;
        throw new Error("unplugged");
      }
      return token();
    };
    await client.getToken();
    client.invalidate();
    await client.getToken();
    assert.deepEqual(resets(), [false, true, true, true, false]);
    client.close();
  });

  test("during a question is in the next one", async () => {
    const client = clientOf();
    let release = (_: unknown) => {};
    answer = ({ type }) =>
      type === "token"
        ? new Promise((resolve) => {
            release = resolve;
          })
        : {};
    const first = client.getToken();
    await until(() => messages.length === 1);
    client.reset();
    release(token());
    await first;
    answer = token;
    client.invalidate();
    await client.getToken();
    assert.deepEqual(resets(), [false, true]);
    client.close();
  });
});

test("the life of a token counts from its question, also if a clock is put ahead or back", async () => {
  for (const [tookMs, waitedMs, lifeMs] of [
    [2_000, 3_000, HOUR_MS],
    [2_000, 2_000, HOUR_MS],
    [2_000, 500, HOUR_MS - 1_500],
    [2_000, -500, HOUR_MS - 2_500],
    [0, 500, HOUR_MS],
    [-2_000, 500, HOUR_MS + 2_000], // `endsInMs` is less by as much
  ] as const) {
    const begunMs = nowMs;
    answer = () => {
      const answered = { ...token(), tookMs };
      nowMs += waitedMs;
      return answered;
    };
    const client = clientOf();
    const { expiresAtMs } = await client.getToken();
    assert.equal(expiresAtMs - begunMs, lifeMs, `${tookMs} ms of ${waitedMs} ms`);
    client.close();
  }
});

describe("a question without a good answer", () => {
  test("is repeated, if none comes within ten seconds, for half a minute", async () => {
    answer = never;
    const client = clientOf();
    const { error, ms } = await failure(client.getToken());
    assert.equal(messages.length, 3);
    assert.equal(ms, 30_000);
    assert.equal(error.code, "P4P_TIMEOUT");
    assert.match(
      error.message,
      /^expected an answer of the coordinator within \d+ ms, found none$/,
    );
    client.close();
  });

  test("is repeated five times, if the object is out of reach, or answers with no JSON", async () => {
    const network = ["P4P_NETWORK", "expected an answer of the coordinator, found none"];
    const noJson = "expected a token or an error as the coordinator's answer, found another";
    for (const [fail, told] of [
      [() => Promise.reject(new Error("unplugged")), network],
      [() => Promise.reject(null), network],
      [() => JSON.parse("<html>"), ["P4P_BAD_RESPONSE", noJson]],
    ] as const) {
      messages = [];
      answer = fail;
      const client = clientOf();
      const { error } = await failure(client.getToken());
      globals.restore();
      assert.equal(messages.length, 6);
      assert.deepEqual([error.code, error.message, error.retryable], [...told, true]);
      client.close();
    }
  });

  test("is repeated, if the token ends on its way", async () => {
    answer = () => {
      const late = token();
      nowMs += HOUR_MS;
      return late;
    };
    const client = clientOf();
    const { error } = await failure(client.getToken());
    assert.deepEqual(
      [error.code, error.message, error.retryable],
      ["P4P_TOKEN_UNUSABLE", "expected a token in force, found one that expired on its way", true],
    );
    client.close();
  });
});

test("a request waits a second at most for the object to hear of its replay", async () => {
  const client = clientOf({ fetch: async () => new Response(null, { status: 401 }) });
  await client.getToken();
  answer = ({ type }) => (type === "token" ? token() : never());
  const timers = globals.holdTimers();
  let status: number | undefined;
  const replayed = client.fetch("/pay").then((response) => {
    status = response.status;
  });
  await until(() => messages.at(-1)?.["type"] === "replayed");
  await turn();
  assert.equal(status, undefined);
  const { ring, ms } = timers.at(-1) ?? assert.fail("no timer");
  assert.equal(ms, 1_000);
  ring();
  await replayed;
  assert.equal(status, 401);
  client.close();
});
