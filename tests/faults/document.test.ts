// The table of faults and docs/faults.md agree.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../../scripts/project.mjs";
import { document } from "./document.ts";
import { GROUPS } from "./table.ts";

const read = (...path: string[]) => readFileSync(join(root, ...path), "utf8");

test("docs/faults.md says what the table of faults says; `npm run docs:tables` writes it", () => {
  assert.equal(read("docs", "faults.md"), document());
});

test("each fault has a name of its own, and each code of the table is one of the package", () => {
  const codes = new Set(read("src", "error.rs").match(/P4P_[A-Z_]+/g));
  for (const { title, faults } of GROUPS) {
    const names = faults.map(({ name }) => name);
    assert.deepEqual([...new Set(names)], names, title);
    for (const { name, expected, except } of faults) {
      const outcomes = [expected, ...Object.values(except)];
      for (const code of outcomes.flatMap(
        ({ exchange }) => exchange?.match(/P4P_[A-Z_]+/g) ?? [],
      )) {
        assert.ok(codes.has(code), `${name}: ${code}`);
      }
    }
  }
});
