// The checks of a soak run complain when they must: about a wrong ledger, a payment that was sent twice, memory that
// grows, and output with a secret.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KEYS } from "../../sandbox/service.ts";
import { type Call, type End, echoOf, GRACE_MS, type Outcome, TURN_MS } from "./calls.ts";
import { type Evidence, wrongWith } from "./checker.ts";
import { Flight } from "./flight.ts";
import { type Host, OutputCheck } from "./host.ts";
import { type Given, LEAST_ATTEMPT_MS, Ledger } from "./ledger.ts";
import { BOUNDS, growthOf, type Measure, type Sample } from "./memory.ts";
import { Problems } from "./problems.ts";

const NOW_MS = Date.now();
const CALL: Call = { id: 7, kind: "post", client: 0 };
const WHOLE: Given = { status: 200, body: "whole", atMs: NOW_MS };
const UNAUTHORIZED: Given = { ...WHOLE, status: 401 };
const ANSWER: End = { type: "answer", status: 200, echo: echoOf(CALL.id) };
const OPEN = { client: "n1-0", beganAtMs: NOW_MS - 10, isOpen: false };
const TOKEN = { client: "n1-0", endsAtMs: NOW_MS + 1_000, isRevoked: false };

function verdictOn(
  end: End,
  evidence: Partial<Evidence> = {},
  outcome: Partial<Outcome> = {},
  call: Partial<Call> = {},
): string | undefined {
  const settled: Outcome = { id: CALL.id, end, atMs: NOW_MS, tookMs: 5, isReplayExcused: false };
  return wrongWith(
    { ...CALL, ...call },
    { ...settled, ...outcome },
    {
      given: WHOLE,
      requests: 1,
      attempts: [],
      relevantAttempts: 2,
      restarts: [],
      jumps: [],
      deadlineJumps: [],
      token: () => TOKEN,
      ...evidence,
    },
  );
}

const now = [{ fromMs: NOW_MS - 2, untilMs: NOW_MS }];
const token = (leftMs: number): End => ({ type: "token", jti: "a", leftMs });
const broken: End = { type: "broken body", status: 200 };
const rejected: End = { type: "rejected", text: "TypeError: fetch failed" };
const timeout: End = { type: "time-out" };
const error = (code: string): End => ({ type: "auth error", code });
const failedWith = (code: string) => [
  { ...OPEN, code },
  { ...OPEN, code: undefined },
];

/** Outcomes, each with evidence that makes it right, and with evidence that makes it wrong. */
const OUTCOMES: readonly {
  readonly name: string;
  readonly right: string | undefined;
  readonly wrong: string | undefined;
  readonly says: RegExp;
}[] = [
  {
    name: "an answer of another status",
    right: verdictOn(ANSWER),
    wrong: verdictOn(ANSWER, { given: { ...WHOLE, status: 500 } }),
    says: /another answer than the service gave last/,
  },
  {
    name: "an answer that the service never gave",
    right: verdictOn(ANSWER),
    wrong: verdictOn(ANSWER, { given: undefined }),
    says: /another answer than the service gave last/,
  },
  {
    name: "the answer of another call",
    right: verdictOn(ANSWER),
    wrong: verdictOn({ ...ANSWER, echo: echoOf(8) }),
    says: /the answer of another call: answer to 8/,
  },
  {
    name: "a 401 without a replay",
    right: verdictOn({ ...ANSWER, status: 401 }, { given: UNAUTHORIZED, requests: 2 }),
    wrong: verdictOn({ ...ANSWER, status: 401 }, { given: UNAUTHORIZED }),
    says: /a 401 without a replay/,
  },
  {
    name: "a body that broke, and was sent whole",
    right: verdictOn(broken, { given: { ...WHOLE, body: "cut" } }),
    wrong: verdictOn(broken),
    says: /the service did not cut it/,
  },
  {
    name: "a broken connection that nobody broke",
    right: verdictOn(rejected, { restarts: now }),
    wrong: verdictOn(rejected),
    says: /the service did not break the connection/,
  },
  {
    name: "a time-out too early",
    right: verdictOn(timeout, { given: undefined }, { tookMs: 2_500 }),
    wrong: verdictOn(timeout, { given: undefined }, { tookMs: 2_000 }),
    says: /a time-out after 2000 ms/,
  },
  {
    name: "a time-out long after the answer",
    right: verdictOn(
      timeout,
      { given: { ...UNAUTHORIZED, atMs: NOW_MS - 2_400 } },
      { tookMs: 2_500 },
    ),
    wrong: verdictOn(timeout, { given: { ...WHOLE, atMs: NOW_MS - 2_400 } }, { tookMs: 2_500 }),
    says: /the service had answered long before/,
  },
  {
    name: "an AuthError of a request that was sent",
    right: verdictOn(error("P4P_NETWORK"), { requests: 0, restarts: now }),
    wrong: verdictOn(error("P4P_NETWORK"), { requests: 1, restarts: now }),
    says: /an AuthError, but the request was sent/,
  },
  {
    name: "a code that no exchange gave",
    right: verdictOn(error("P4P_RATE_LIMITED"), {
      requests: 0,
      attempts: failedWith("P4P_RATE_LIMITED"),
    }),
    wrong: verdictOn(error("P4P_RATE_LIMITED"), {
      requests: 0,
      attempts: failedWith("P4P_NETWORK"),
    }),
    says: /P4P_RATE_LIMITED, but no exchange had the fault/,
  },
  {
    name: "a code of a fault long ago",
    right: verdictOn(error("P4P_NETWORK"), { requests: 0, attempts: failedWith("P4P_NETWORK") }),
    wrong: verdictOn(error("P4P_NETWORK"), {
      requests: 0,
      attempts: [...failedWith("P4P_NETWORK"), { ...OPEN, code: undefined }],
    }),
    says: /P4P_NETWORK, but no exchange had the fault/,
  },
  {
    name: "a token that ended on its way, without a jump of the clock",
    right: verdictOn(error("P4P_TOKEN_UNUSABLE"), { requests: 0, jumps: now }),
    wrong: verdictOn(error("P4P_TOKEN_UNUSABLE"), { requests: 0, restarts: now }),
    says: /P4P_TOKEN_UNUSABLE, but no exchange had the fault/,
  },
  {
    name: "a time-out of an exchange, without a jump of the clock that it runs on",
    right: verdictOn(error("P4P_TIMEOUT"), { requests: 0, deadlineJumps: now }),
    wrong: verdictOn(error("P4P_TIMEOUT"), { requests: 0, jumps: now }),
    says: /P4P_TIMEOUT, but no exchange had the fault/,
  },
  {
    name: "a cancellation without a caller that cancels",
    right: verdictOn({ type: "cancelled" }, {}, {}, { cancelMs: 3 }),
    wrong: verdictOn({ type: "cancelled" }),
    says: /the caller did not cancel/,
  },
  {
    name: "a token that the service never issued",
    right: verdictOn(token(1)),
    wrong: verdictOn(token(1), { token: () => undefined }),
    says: /a token that the service does not know/,
  },
  {
    name: "a token that has ended by the service's clock",
    right: verdictOn(token(1), { token: () => ({ ...TOKEN, endsAtMs: NOW_MS - TURN_MS + 1 }) }),
    wrong: verdictOn(token(1), { token: () => ({ ...TOKEN, endsAtMs: NOW_MS - TURN_MS }) }),
    says: /a token that ended 500 ms before/,
  },
  {
    name: "a token that has ended by the subject's clock",
    right: verdictOn(token(1 - TURN_MS)),
    wrong: verdictOn(token(-TURN_MS)),
    says: /a token that ended 500 ms before, by the subject's clock/,
  },
  {
    name: "a call that settled too late",
    right: verdictOn(ANSWER, {}, { tookMs: 2_500 + GRACE_MS }),
    wrong: verdictOn(ANSWER, {}, { tookMs: 2_501 + GRACE_MS }),
    says: /settled after 7501 ms/,
  },
];

for (const { name, right, wrong, says } of OUTCOMES) {
  test(`the checker finds ${name}`, () => {
    assert.equal(right, undefined);
    assert.match(wrong ?? "", says);
  });
}

/** Has a ledger see something. Returns its problems. */
function problemsAfter(see: (ledger: Ledger) => void): readonly string[] {
  const problems = new Problems();
  see(new Ledger(10, problems));
  return problems.texts;
}

test("the ledger finds a payment that was sent twice, and one that was sent a third time", () => {
  const pay = (...answers: readonly Given[]) =>
    problemsAfter((ledger) => {
      for (const answer of answers) {
        ledger.request(7, "post");
        ledger.answered(7, answer);
      }
    });
  assert.deepEqual(pay(WHOLE), []);
  assert.deepEqual(pay(UNAUTHORIZED, WHOLE), []);
  assert.deepEqual(pay(WHOLE, WHOLE), ["call 7: the service got its POST 2 times"]);
  assert.deepEqual(pay(WHOLE, UNAUTHORIZED), ["call 7: the service got its POST 2 times"]);
  assert.deepEqual(pay(UNAUTHORIZED, UNAUTHORIZED, WHOLE), [
    "call 7: the service got its POST 3 times",
  ]);
});

test("the ledger remembers a payment after its call has been checked", () => {
  const problems = problemsAfter((ledger) => {
    ledger.request(7, "post");
    ledger.answered(7, WHOLE);
    ledger.forget(7);
    ledger.request(7, "post");
    assert.deepEqual(ledger.posts(), { once: 0, twice: 1 });
  });
  assert.equal(problems.length, 1);
});

test("the ledger finds a request of no call, and tokens that are unknown or ended long ago", () => {
  assert.deepEqual(
    problemsAfter((ledger) => {
      ledger.request(10, "get");
      ledger.issued("old", "n1-0", NOW_MS);
      assert.equal(ledger.accepts("old", NOW_MS - 1), true);
      assert.equal(ledger.accepts("old", NOW_MS + 2_000), false);
      assert.equal(ledger.accepts("old", NOW_MS + 2_001), false);
      assert.equal(ledger.accepts("forged", NOW_MS), false);
    }),
    [
      "the service got a request of the unknown call 10",
      "a request had a token that ended 2001 ms before",
      "a request had a token that the service does not know: forged",
    ],
  );
});

test("the ledger finds two exchanges of a client at once, unless requests of a Worker share it", (t) => {
  t.mock.timers.enable({ apis: ["Date"], now: NOW_MS });
  const exchangeTwice = (apartMs: number, isShared: boolean, isFirstOpen = true) =>
    problemsAfter((ledger) => {
      const first = ledger.attemptBegan("n1-0", undefined, isShared);
      first.isOpen = isFirstOpen;
      t.mock.timers.tick(apartMs);
      ledger.attemptBegan("n1-0", undefined, isShared);
    });
  const apartMs = LEAST_ATTEMPT_MS - 1;
  assert.match(exchangeTwice(apartMs, false).join(), /^client n1-0: two exchanges at once/);
  assert.deepEqual(exchangeTwice(apartMs, true), []);
  assert.deepEqual(exchangeTwice(apartMs, false, false), []);
  assert.deepEqual(exchangeTwice(LEAST_ATTEMPT_MS, false), []);
});

const FLAT: Sample = { heapBytes: 9e6, wasmBytes: 1e6, descriptors: 30, timers: 2 };

/** Returns 40 samples of a run of 40 s. The measure grows by `growth` from the warm-up to the last third. */
const series = (measure: Measure, growth: number) =>
  Array.from({ length: 40 }, (_, second) => {
    const value = (FLAT[measure] ?? 0) + (second > 20 ? growth : 0);
    return { atMs: second * 1_000, ...FLAT, [measure]: value };
  });

for (const measure of Object.keys(BOUNDS) as Measure[]) {
  test(`the check of memory finds ${measure} that grow beyond the bound`, () => {
    const grown = (growth: number) =>
      growthOf(series(measure, growth), 40_000)
        .filter(({ isFlat }) => !isFlat)
        .map((one) => one.measure);
    assert.deepEqual(grown(BOUNDS[measure]), []);
    assert.deepEqual(grown(BOUNDS[measure] + 1), [measure]);
  });
}

test("the check of memory says nothing of the warm-up, of a few samples, or of what is not measured", () => {
  const warmUp = series("timers", 0).map((sample) => ({
    ...sample,
    timers: sample.atMs < 10_000 ? -100 : 2,
  }));
  assert.ok(growthOf(warmUp, 40_000).every(({ isFlat }) => isFlat));
  assert.deepEqual(growthOf(series("timers", 0).slice(-5), 40_000), []);
  const unmeasured = series("timers", 0).map((sample) => ({ ...sample, timers: undefined }));
  assert.deepEqual(
    growthOf(unmeasured, 40_000).map(({ measure }) => measure),
    ["heapBytes", "wasmBytes", "descriptors"],
  );
});

test("the search of the output finds a key, a token in two pieces, and a complaint of the runtime", () => {
  const problemsOf = (...texts: readonly string[]) => {
    const problems = new Problems();
    const output = new OutputCheck("node", problems);
    for (const text of texts) {
      output.add(text);
    }
    return { found: problems.texts, warnings: output.warnings };
  };
  const jwt = `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(30)}`;
  const shown = ["node: the output shows a key or a token"];
  assert.deepEqual(problemsOf("an event", "an error").found, []);
  assert.deepEqual(problemsOf(`key ${KEYS.privateKey}`).found, shown);
  assert.deepEqual(problemsOf(jwt.slice(0, 30), jwt.slice(30)).found, shown);
  assert.match(
    problemsOf("one\nYour Worker's code had hung\n").found.join(),
    /^node printed: Your/,
  );
  const warning = `Warning: A promise was resolved or rejected from a different request context than the one it was
    created in. However, the creating request has already been completed or canceled.`;
  assert.deepEqual(problemsOf(warning.replaceAll(/\s+/g, " ")), { found: [], warnings: 1 });
});

test("a call that never settles is found, and one that settles twice", () => {
  const problems = new Problems();
  const host = { runtime: "node", isWorker: false, run() {} } as unknown as Host;
  const flight = new Flight(() => host, new Ledger(10, problems), problems, []);
  const call: Call = { id: 1, kind: "token", client: 0 };
  flight.launch([call, { ...call, id: 2, cancelMs: 3 }]);
  flight.sweep();
  assert.deepEqual(problems.texts, []);
  const cancelled = { id: 2, end: { type: "cancelled" }, atMs: NOW_MS, tookMs: 3 } as const;
  flight.settle([{ ...cancelled, isReplayExcused: false }]);
  assert.deepEqual(problems.texts, []);
  flight.settle([{ ...cancelled, isReplayExcused: false }]);
  flight.sweep(Number.POSITIVE_INFINITY);
  assert.deepEqual(problems.texts, [
    "node: call 2 settled, but is not under way",
    "node: call 1 (token) has not settled",
  ]);
  assert.equal(flight.tally.hung, 1);
});
