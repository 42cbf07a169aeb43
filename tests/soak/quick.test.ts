// A soak run of some seconds, on Node and on workerd.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { build } from "../../scripts/build.ts";
import { runSoak, type SoakResult } from "./run.ts";

const CALLS = 3_000;
const DURATION_MS = 8_000;

let result: SoakResult;
before(async () => {
  const tarball = await build();
  const runtimes = ["node", "workerd"] as const;
  const options = { durationMs: DURATION_MS, calls: CALLS, runtimes, tarball };
  result = await runSoak({ ...options, consumer: "soak-quick" });
});

test("each call ends as its fault says, and the service's ledger agrees", () => {
  assert.deepEqual(result.problems, { count: 0, texts: [] });
});

test("each call is accounted for, on both runtimes", () => {
  const made = result.subjects.map(({ tally }) => tally.made);
  assert.equal(
    made.reduce((sum, one) => sum + one, 0),
    CALLS,
  );
  for (const { runtime, tally } of result.subjects) {
    const { ends, lost, left, hung } = tally;
    const settled = Object.values(ends).reduce((sum, one) => sum + one, 0);
    assert.equal(settled + lost + left + hung, tally.made, runtime);
    assert.ok(settled > CALLS / 10, `${runtime}: ${settled}`);
  }
});

test("all kinds of disturbances have happened", () => {
  const { revocations, outages, serviceRestarts } = result.disturbances;
  assert.ok(Math.min(revocations, outages, serviceRestarts) > 0);
  assert.ok(result.exchangeFaults > 0);
  for (const { runtime, tally, samples } of result.subjects) {
    assert.ok(tally.restarts > 0 && tally.jumps > 0, runtime);
    assert.ok(samples.length > 0, runtime);
  }
});
