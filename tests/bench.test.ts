// The parts of the benches that need none of the compared packages.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readDivan } from "../bench/cargo-bench.ts";
import { ArgumentError, HELP, parse } from "../bench/command-line.ts";
import { IDS, MEASURES, type Measure } from "../bench/definitions.ts";
import { PEER_NOTES } from "../bench/peer-notes.ts";
import { documentOf, numberText, sectionOf, verdictsOf } from "../bench/report.ts";
import { resultOf } from "../bench/results.ts";
import { rotated, spreadOf, summarise } from "../bench/statistics.ts";
import { root } from "../scripts/project.mjs";

test("a median is the number in the middle, or between the two in the middle", () => {
  assert.deepEqual(spreadOf([30, 1, 2]), { median: 2, min: 1, max: 30 });
  assert.deepEqual(spreadOf([4, 1, 30, 2]), { median: 3, min: 1, max: 30 });
  assert.deepEqual(spreadOf([7]), { median: 7, min: 7, max: 7 });
  assert.throws(() => spreadOf([]), /expected one number or more, found none/);
});

test("rounds are summed up by row and column, also where one lacks a number", () => {
  const summary = summarise([{ a: { ns: 1 }, b: { ns: 5 } }, { a: { ns: 3, bytes: 8 } }]);
  assert.deepEqual(summary, {
    a: { ns: { median: 2, min: 1, max: 3 }, bytes: { median: 8, min: 8, max: 8 } },
    b: { ns: { median: 5, min: 5, max: 5 } },
  });
});

test("each round begins with another one", () => {
  assert.deepEqual(
    [0, 1, 2, 3].map((round) => rotated(["a", "b", "c"], round).join("")),
    ["abc", "bca", "cab", "abc"],
  );
  assert.deepEqual(rotated([], 1), []);
});

const MEASURE: Measure = {
  id: "calls",
  title: "A call",
  method: "One after the other.",
  columns: [
    { id: "ns", title: "time", unit: "ns" },
    { id: "exchanges", title: "exchanges", unit: "count" },
  ],
  targets: [
    { label: "time, to other", read: (it) => (it["ours"]?.["ns"] ?? 0) / 100, atMost: 0.5 },
    { label: "rate", read: () => 0.9, atLeast: 0.97 },
    { label: "exchanges", read: (it) => it["ours"]?.["exchanges"] ?? 0, atMost: 1, atLeast: 1 },
    { label: "a number that is missing", read: () => Number.NaN, atMost: 1 },
  ],
};
const SAMPLES = [40, 60, 44].map((ns) => ({
  "pay4power-auth": { ns, exchanges: 1 },
  ours: { ns, exchanges: 1 },
  other: { ns: 1_234.5 },
}));

test("a median on the right side of its limit passes; a number that is missing does not", () => {
  const { verdicts } = resultOf(MEASURE, SAMPLES);
  assert.deepEqual(
    verdicts.map(({ label, passes }) => [label, passes]),
    [
      ["time, to other", true],
      ["rate", false],
      ["exchanges", true],
      ["a number that is missing", false],
    ],
  );
});

test("the report gives every number with the least and the greatest, and marks a missed target", () => {
  const result = resultOf(MEASURE, SAMPLES);
  assert.equal(
    sectionOf(result, "![A call](charts/calls.svg)"),
    `## A call

One after the other. Rounds: 3.

![A call](charts/calls.svg)

|  | time | exchanges |
| --- | --: | --: |
| **pay4power-auth** | 44 ns (40 to 60) | 1 |
| ours | 44 ns (40 to 60) | 1 |
| other | 1,235 ns |  |`,
  );
  assert.equal(
    verdictsOf([result]),
    `## Targets

2 of 4 are reached.

| what | measured | target |  |
| --- | --: | --: | --: |
| A call: time, to other | 0.44 (0.4 to 0.6) | ≤ 0.5 | PASS |
| A call: rate | 0.9 | ≥ 0.97 | **MISSED** |
| A call: exchanges | 1 | 1 | PASS |
| A call: a number that is missing | not measured | ≤ 1 | **MISSED** |`,
  );
});

test("the document names the machine, all versions, and what the others lack", () => {
  const machine = {
    date: "2026-11-27",
    node: "24.0.0",
    cpu: "2 × a CPU",
    system: "Linux 6 x64",
    versions: { other: "1.2.3" },
  };
  const peer = {
    name: "Other",
    packages: ["other"],
    setUp: "as its README says",
    limits: "has no cache",
  };
  const text = documentOf([resultOf(MEASURE, SAMPLES)], [peer], machine, () => undefined);
  assert.match(text, /^# Benchmarks\n/);
  assert.match(text, /^\| Other \| other 1\.2\.3 \| as its README says \| has no cache \|$/m);
  assert.match(text, /^2026-11-27, Node 24\.0\.0, 2 × a CPU, Linux 6 x64\.\n\nother 1\.2\.3\.\n$/m);
});

test("numbers have three digits that count, or all before the point", () => {
  assert.deepEqual([0, 0.123_456, 12.345, 123.4, 1_234_567.8, -5.678, Number.NaN].map(numberText), [
    "0",
    "0.123",
    "12.3",
    "123",
    "1,234,568",
    "-5.68",
    "not measured",
  ]);
});

test("divan's table is read, in nanoseconds", () => {
  const table = `
core              fastest       │ slowest       │ median        │ mean          │ samples │ iters
├─ claims_decode  3.415 µs      │ 138.2 µs      │ 3.586 µs      │ 5.476 µs      │ 100     │ 100
╰─ ask            16.32 ns      │ 1.5 ms        │ 16.71 ns      │ 17.6 ns       │ 100     │ 12800`;
  assert.deepEqual(readDivan(table), {
    "claims decode": { ns: { median: 3_586, min: 3_415, max: 138_200 } },
    ask: { ns: { median: 16.71, min: 16.32, max: 1_500_000 } },
  });
  assert.throws(() => readDivan("error"), /cargo bench printed no table/);
});

test("the command line takes the options in its help, and names any other", () => {
  assert.deepEqual(parse([]), { help: false, isQuick: false, ids: IDS });
  assert.deepEqual(parse(["--quick", "--only", "fetch,claims"]), {
    help: false,
    isQuick: true,
    ids: ["fetch", "claims"],
  });
  assert.deepEqual(parse(["--only=core"]).ids, ["core"]);
  assert.equal(parse(["--help"]).help, true);
  for (const option of ["--quick", "--only", "--help", ...IDS]) {
    assert.ok(HELP.includes(option), option);
  }
  const refusals: [string[], RegExp][] = [
    [["--fast"], /^expected --quick, --only or --help, found --fast$/],
    [["fetch"], /found fetch$/],
    [["--quick=yes"], /found --quick=yes$/],
    [["--only"], /^--only: expected some of tokens, .*, found ""$/],
    [["--only", "fetch,speed"], /found "speed"$/],
  ];
  for (const [args, message] of refusals) {
    assert.throws(
      () => parse(args),
      (error) => error instanceof ArgumentError && message.test(error.message),
      args.join(" "),
    );
  }
});

test("every measure has a file, every package that is compared is pinned and used", () => {
  for (const { id, processes, chart, columns } of MEASURES) {
    assert.equal(existsSync(join(root, "bench", "measures", `${id}.ts`)), processes !== undefined);
    assert.ok(chart === undefined || columns.some((column) => column.id === chart), id);
  }
  const read = (file: string) => readFileSync(join(root, "bench", file), "utf8");
  const { dependencies } = JSON.parse(read("package.json"));
  const code = globSync("**/*.ts", { cwd: join(root, "bench"), exclude: ["node_modules/**"] })
    .map(read)
    .join("\n");
  for (const [name, version] of Object.entries(dependencies)) {
    assert.match(String(version), /^\d+\.\d+\.\d+$/, name);
    assert.ok(name.startsWith("@types/") || code.includes(`"${name}"`), name);
  }
  const compared = PEER_NOTES.flatMap(({ packages }) => packages);
  assert.deepEqual(
    compared.filter((name) => dependencies[name] === undefined),
    [],
  );
});
