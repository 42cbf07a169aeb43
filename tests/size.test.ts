// What npm run size reads out of the Wasm.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { build, named } from "../scripts/build.ts";
import { functionSizes, GATE, judge, sizes } from "../scripts/size.ts";

before(() => build());

test("functions have names and sizes, and together they are most of the Wasm", () => {
  const wasm = readFileSync(named);
  const functions = functionSizes(wasm);
  const names = functions.map(([name]) => name);
  assert.ok(names.some((name) => name.includes("pay4power_auth::claims")));
  assert.ok(names.filter((name) => /^function \d+$/.test(name)).length < names.length / 50);
  const code = functions.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(code > sizes().raw * 0.4 && code < wasm.length, `${code} of ${wasm.length}`);
});

test("what is above the gate is too much, by so many bytes", () => {
  assert.ok(judge(GATE).isKept);
  const { isKept, told } = judge(GATE + 1);
  assert.ok(!isKept);
  assert.match(told, /80001 bytes .* 80000, .* so this is 1 too much\.$/);
});
