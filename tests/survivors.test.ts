// The explained survivors of the mutation of the TypeScript. `scripts/stryker/` makes the mutants.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../scripts/project.mjs";
import { compare, hasSurvived, linesOf, nameOf, namesOf } from "../scripts/stryker/mutants.ts";
import { SURVIVORS } from "../scripts/stryker/survivors.ts";

test("each explained survivor is a change of a line that is there", () => {
  for (const [file, explained] of Object.entries(SURVIVORS)) {
    const lines = readFileSync(join(root, file), "utf8").split("\n");
    const there = new Set(lines.map((line) => line.trim()));
    for (const { line, becomes, why } of explained) {
      assert.ok(there.has(line), `${file}: ${line}`);
      assert.ok(becomes.length > 0 && !becomes.includes(line), `${file}: ${line}`);
      assert.ok(why.length > 20, `${file}: ${line} has no reason`);
    }
  }
});

const SOURCE = "function one(a) {\n  return a > 1;\n} // end\n";

test("a mutant is named by its line and what it makes of it", () => {
  const location = { start: { line: 2, column: 10 }, end: { line: 2, column: 15 } };
  assert.deepEqual(linesOf(SOURCE, { location, replacement: "a >= 1", status: "Survived" }), {
    line: "return a > 1;",
    becomes: "return a >= 1;",
  });
  const block = { start: { line: 1, column: 17 }, end: { line: 3, column: 2 } };
  assert.deepEqual(linesOf(SOURCE, { location: block, replacement: "{}", status: "Survived" }), {
    line: "function one(a) {",
    becomes: "function one(a) {} … // end",
  });
});

test("a mutant survives if no test notices it, also if no test reaches it", () => {
  const statuses = ["Survived", "NoCoverage", "Killed", "Timeout"];
  assert.deepEqual(
    statuses.filter((status) => hasSurvived({ status })),
    ["Survived", "NoCoverage"],
  );
});

test("a survivor without an explanation and an explanation without a survivor are found", () => {
  const list = { "a.ts": [{ line: "x", becomes: ["y", "z"], why: "" }], "b.ts": [] };
  const explained = namesOf(list, ["a.ts", "c.ts"]);
  assert.deepEqual(explained, ["a.ts: x => y", "a.ts: x => z"]);
  assert.deepEqual(compare([nameOf("a.ts", "x", "y"), "a.ts: v => w"], explained), {
    unexplained: ["a.ts: v => w"],
    stale: ["a.ts: x => z"],
  });
  // A busy machine may kill a mutant that only makes the package slower.
  const slow = {
    "a.ts": [{ line: "x", becomes: ["y"], why: "", mayDie: true as const }, ...list["a.ts"]],
  };
  const certain = namesOf(slow, ["a.ts"], ({ mayDie }) => !mayDie);
  assert.deepEqual(certain, explained);
  assert.deepEqual(compare(explained, namesOf(slow, ["a.ts"]), certain).stale, []);
  // Two equal lines of a file can each have such a mutant.
  assert.deepEqual(compare(["one", "one"], ["one"]), { unexplained: ["one"], stale: [] });
});
