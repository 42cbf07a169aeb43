// npm run size: the functions that it reads from the Wasm, and the gate.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { before, test } from "node:test";
import { buildPaths } from "../scripts/build/paths.ts";
import { buildNamedWasm } from "../scripts/build/wasm.ts";
import { build } from "../scripts/build.ts";
import { GATE, judge, sizes } from "../scripts/size.ts";
import { functionSizes } from "../scripts/wasm-functions.ts";

before(() => build());

test("functions have names and sizes, and together they are most of the Wasm", async () => {
  const wasm = readFileSync(await buildNamedWasm(buildPaths([])));
  const functions = functionSizes(wasm);
  const names = functions.map(([name]) => name);
  assert.ok(names.some((name) => name.includes("pay4power_auth::claims")));
  assert.ok(names.filter((name) => /^function \d+$/.test(name)).length < names.length / 50);
  const code = functions.reduce((sum, [, size]) => sum + size, 0);
  assert.ok(code > sizes().raw * 0.4 && code < wasm.length, `${code} of ${wasm.length}`);
});

test("a size above the gate fails, and the message says by how many bytes", () => {
  assert.ok(judge(GATE).isWithinGate);
  const { isWithinGate, message } = judge(GATE + 1);
  assert.ok(!isWithinGate);
  assert.match(message, /80001 bytes .* 80000, .* so this is 1 too much\.$/);
});
