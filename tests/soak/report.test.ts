// The command line of a soak run, its plan of calls, and its report.
import assert from "node:assert/strict";
import { test } from "node:test";
import { HELP } from "../../scripts/help.mjs";
import { CLIENTS, REQUEST_FAULTS } from "./calls.ts";
import { ArgumentError, parse } from "./command-line.ts";
import { planCall } from "./plan.ts";
import { pageOf, textOf } from "./report.ts";
import type { SoakResult } from "./run.ts";

test("the command line takes the options in its help, and names any other", () => {
  assert.deepEqual(parse([]), { minutes: 20, calls: 1_000_000, runtimes: ["node", "workerd"] });
  assert.deepEqual(parse(["--minutes", "0.5", "--calls=9", "--runtime", "workerd"]), {
    minutes: 0.5,
    calls: 9,
    runtimes: ["workerd"],
  });
  for (const option of ["--minutes", "--calls", "--runtime", "--help", "default 1000000"]) {
    assert.ok(HELP["../tests/soak/main.ts"].includes(option), option);
  }
  const refusals: [string[], RegExp][] = [
    [["--minutes", "0"], /^--minutes: expected a number from above 0 to 1440, found "0"$/],
    [["--minutes", "many"], /found "many"$/],
    [["--calls", "1.5"], /^--calls: expected a whole number from 1 to \d+, found "1.5"$/],
    [["--runtime", "deno"], /^--runtime: expected node, workerd or both, found "deno"$/],
    [["--fast"], /^expected --minutes, --calls or --runtime with a value, found --fast$/],
    [["fast"], /found fast$/],
  ];
  for (const [args, message] of refusals) {
    assert.throws(
      () => parse(args),
      (error) => error instanceof ArgumentError && message.test(error.message),
      args.join(" "),
    );
  }
});

test("the plan has every kind, fault and client, and only a Worker's requests leave", () => {
  const calls = Array.from({ length: 50_000 }, (_, id) => planCall(id, id >= 25_000));
  const kinds = new Set(calls.map(({ kind }) => kind));
  assert.deepEqual([...kinds].sort(), ["get", "leave", "post", "token"]);
  assert.equal(new Set(calls.map(({ client }) => client)).size, CLIENTS);
  const faults = calls.flatMap(({ fault }) => fault ?? []);
  assert.deepEqual(new Set(faults), new Set(REQUEST_FAULTS));
  assert.ok(calls.slice(0, 25_000).every(({ kind }) => kind !== "leave"));
  assert.ok(calls.some(({ cancelMs }) => cancelMs !== undefined));
  const requests = calls.filter(({ kind }) => kind === "get" || kind === "post");
  const share = faults.length / requests.length;
  assert.ok(share > 0.04 && share < 0.06, String(share));
});

const RESULT: SoakResult = {
  durationMs: 1_200_000,
  calls: 1_000_000,
  tookMs: 1_206_000,
  subjects: [
    {
      runtime: "node",
      version: "26.0.0",
      tally: {
        ...{ made: 1_000_000, ends: { "answer 200": 999_990, P4P_NETWORK: 7 }, lost: 2, left: 0 },
        ...{ hung: 1, mostAtOnce: 600, longestMs: 2_501, restarts: 4, jumps: 30 },
      },
      warnings: 0,
      samples: [],
      growth: [
        { measure: "heapBytes", before: 5 * 1_048_576, after: 8 * 1_048_576, isFlat: false },
        { measure: "timers", before: 2, after: 3, isFlat: true },
      ],
    },
  ],
  disturbances: { revocations: 40, outages: 39, serviceRestarts: 38 },
  requests: 700_000,
  exchanges: 5_000,
  exchangeFaults: 400,
  posts: { once: 350_000, twice: 500 },
  problems: { count: 1, texts: ["node: call 3 (token) has not settled"] },
};

test("the report has each number, marks what grew, and lists the problems", () => {
  const text = textOf(RESULT);
  for (const row of [
    "| calls | 1,000,000 |",
    "| calls that never settled | 1 |",
    "| answer 200 | 999,990 |",
    "| `P4P_NETWORK` | 7 |",
    "| Node 26.0.0 | JavaScript heap after a collection | 5 MiB | 8 MiB | 2 MiB | **MISSED** |",
    "| Node 26.0.0 | active timers | 2 | 3 | 10 | PASS |",
    "1 problems:\n\n- node: call 3 (token) has not settled",
  ]) {
    assert.ok(text.includes(row), `${row}\n\n${text}`);
  }
  assert.match(textOf({ ...RESULT, problems: { count: 0, texts: [] } }), /\n\nNone\.$/);
});

test("the page says how long the run was, shows the charts, and names the machine", () => {
  const page = pageOf(RESULT, "2026-11-28, a machine.", () => "charts/soak-node.svg");
  assert.match(page, /^# Soak\n/);
  assert.match(page, /1,000,000 calls in 20\.1 minutes/);
  assert.match(page, /!\[Node 26\.0\.0: memory over the run\]\(charts\/soak-node\.svg\)/);
  assert.match(page, /\n2026-11-28, a machine\.\n$/);
});
