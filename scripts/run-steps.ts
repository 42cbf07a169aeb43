// Runs the steps of `npm test` and `npm run test:long`, and counts their tests.
import { styleText } from "node:util";
import { build } from "./build.ts";
import { run } from "./command.ts";
import { say } from "./project.mjs";
import { sizes } from "./size.ts";
import type { Step } from "./step.ts";

/** How many tests have passed, failed and not run. */
interface Counts {
  passed: number;
  failed: number;
  missing: number;
}

/**
 * Runs the steps with the word of the command line in their names. The last line of the output counts the tests. Sets
 * the exit code of this process.
 */
export async function runSteps(steps: readonly Step[]): Promise<void> {
  const [word = "", ...others] = process.argv.slice(2);
  if (word.startsWith("-") || others.length > 0) {
    say(`expected one word of a step's name, found ${process.argv.slice(2).join(" ")}`);
    process.exit(2);
  }
  const counts: Counts = { passed: 0, failed: 0, missing: 0 };
  await build();
  await build("trap");
  for (const step of steps.filter(({ name }) => name.includes(word))) {
    const absent = Object.entries(step.needs ?? {}).filter(([, path]) => path === undefined);
    if (absent.length === 0) {
      runStep(step, counts);
    } else {
      reportNotRun(
        step,
        absent.map(([name]) => name),
        counts,
      );
    }
  }
  const { passed, failed, missing } = counts;
  const { raw, gzip, brotli } = sizes();
  say(`package in a Worker: ${raw} bytes, gzip ${gzip}, brotli ${brotli}`);
  const notRun = missing > 0 ? `, ${missing} NOT RUN` : "";
  console.log(`${passed} passed, ${failed} failed${notRun}`);
  process.exitCode = failed === 0 && passed + missing > 0 ? 0 : 1;
}

/** Reports a step that lacks programs. With `CI` set that is a failure. */
function reportNotRun({ name }: Step, absent: readonly string[], counts: Counts): void {
  const isFailure = Boolean(process.env["CI"]);
  counts.failed += isFailure ? 1 : 0;
  counts.missing += isFailure ? 0 : 1;
  const mark = isFailure ? styleText("red", "✗") : styleText("yellow", "–");
  const verb = absent.length === 1 ? "is" : "are";
  console.log(`${mark} ${name}: NOT RUN, ${absent.join(" and ")} ${verb} missing`);
}

/** Runs a step, counts its tests, and reports it. */
function runStep({ name, command, args, env, counts: pattern, notes }: Step, counts: Counts): void {
  const before = performance.now();
  const { ok, output } = run(command, args, env ? { env } : {});
  const found = pattern
    ? [...output.matchAll(pattern)].map(({ groups }) => groups)
    : [{ passed: ok ? 1 : 0 }];
  const sum = (which: "passed" | "failed" | "skipped") =>
    found.reduce(
      (total, groups) => total + Number((groups as Record<string, unknown>)?.[which] ?? 0),
      0,
    );
  const good = sum("passed");
  // A step that fails without a counted failure, or passes without a test, counts as one failure.
  const bad = Math.max(sum("failed"), ok && good > 0 ? 0 : 1);
  counts.passed += good;
  counts.failed += bad;
  counts.missing += sum("skipped");
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  const mark = bad === 0 ? styleText("green", "✓") : styleText("red", "✗");
  console.log(`${mark} ${name}: ${pattern ? `${good} passed, ${bad} failed, ` : ""}${seconds} s`);
  for (const [line] of notes ? output.matchAll(notes) : []) {
    console.log(`  ${line}`);
  }
  if (bad > 0) {
    // Node's reporter repeats the failures at the end.
    console.log(output.split("✖ failing tests:").at(-1));
  }
}
