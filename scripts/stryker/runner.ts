// The test runner for Stryker: cases of the portable suite and of the one with traps first, then test files. Stryker
// loads it as a plugin.
import { readFileSync, writeFileSync } from "node:fs";
import { declareClassPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import {
  type DryRunResult,
  DryRunStatus,
  type MutantRunOptions,
  type MutantRunResult,
  MutantRunStatus,
  type TestResult,
  type TestRunner,
  TestStatus,
} from "@stryker-mutator/api/test-runner";
import { CASES, Cases } from "./cases.ts";
import type { Outcome } from "./outcome.ts";
import { durationsFile } from "./places.ts";
import { SurvivorReporter } from "./survivor-reporter.ts";
import { runTestFile, TEST_FILES, WORKER_FILES } from "./test-files.ts";

const ALL_FILES: readonly string[] = [...TEST_FILES, ...Object.keys(WORKER_FILES)];

/** A test hangs if it takes this much longer than without a mutant. The machine may be busy. */
const PATIENCE_MS = 6_000;
const PATIENCE_FACTOR = 5;
const DRY_RUN_LIMIT_MS = 120_000;
/** Tests that take longer without a mutant are left out. */
const longestTestMs = Number(process.env["PAY4POWER_LONGEST_TEST_MS"] ?? "Infinity");

type Durations = Readonly<Record<string, number>>;

class PortableRunner implements TestRunner {
  #cases: Cases | undefined;

  capabilities() {
    return { reloadEnvironment: true }; // each run has a new process
  }

  async init(): Promise<void> {
    this.#cases = await Cases.start();
  }

  async dispose(): Promise<void> {
    await this.#cases?.close();
  }

  async dryRun(): Promise<DryRunResult> {
    const job = { names: CASES, activeMutant: undefined, hitLimit: undefined };
    const run = await this.#casesOrThrow().run(job, () => DRY_RUN_LIMIT_MS);
    const outcomes = [...run.outcomes];
    const mutantCoverage = run.coverage ?? { static: {}, perTest: {} };
    for (const name of ALL_FILES) {
      const file = await runTestFile(name, undefined, DRY_RUN_LIMIT_MS);
      outcomes.push(file.outcome);
      mutantCoverage.perTest[name] = file.reached;
    }
    const durations = Object.fromEntries(outcomes.map(({ name, ms }) => [name, ms]));
    writeFileSync(durationsFile(), JSON.stringify(durations));
    // Once more, as a mutant meets them: a case that then fails would kill every mutant.
    const again = { ...job, names: fastestFirst(CASES, durations) };
    const second = await this.#casesOrThrow().run(again, () => DRY_RUN_LIMIT_MS);
    outcomes.push(...second.outcomes.filter(({ error }) => error !== undefined));
    return { status: DryRunStatus.Complete, tests: outcomes.map(testResultOf), mutantCoverage };
  }

  async mutantRun({ activeMutant, testFilter, hitLimit }: MutantRunOptions) {
    const durations = JSON.parse(readFileSync(durationsFile(), "utf8")) as Durations;
    const limitMsOf = (name: string) => (durations[name] ?? 0) * PATIENCE_FACTOR + PATIENCE_MS;
    const isWanted = (name: string) =>
      (testFilter?.includes(name) ?? true) && (durations[name] ?? 0) <= longestTestMs;
    const inOrder = (names: readonly string[]) => fastestFirst(names.filter(isWanted), durations);
    const outcomes: Outcome[] = [];
    const names = inOrder(CASES);
    if (names.length > 0) {
      const job = { names, activeMutant: activeMutant.id, hitLimit };
      outcomes.push(...(await this.#casesOrThrow().run(job, limitMsOf)).outcomes);
    }
    for (const name of [...inOrder(TEST_FILES), ...inOrder(Object.keys(WORKER_FILES))]) {
      if (outcomes.some(({ error }) => error !== undefined)) {
        break;
      }
      const limitMs = limitMsOf(name);
      const file = await runTestFile(name, activeMutant.id, limitMs);
      outcomes.push(file.outcome);
    }
    return mutantResultOf(outcomes);
  }

  #casesOrThrow(): Cases {
    if (this.#cases === undefined) {
      throw new Error("expected a call of init first");
    }
    return this.#cases;
  }
}

/** Returns the names in the order in which a mutant meets them. Most mutants need only the first ones. */
const fastestFirst = (names: readonly string[], durations: Durations): readonly string[] =>
  [...names].sort((a, b) => (durations[a] ?? 0) - (durations[b] ?? 0));

function testResultOf({ name, ms, error }: Outcome): TestResult {
  const test = { id: name, name, timeSpentMs: ms };
  return error === undefined
    ? { ...test, status: TestStatus.Success }
    : { ...test, status: TestStatus.Failed, failureMessage: error };
}

function mutantResultOf(outcomes: readonly Outcome[]): MutantRunResult {
  const nrOfTests = outcomes.length;
  const failed = outcomes.find(({ error }) => error !== undefined);
  if (failed === undefined) {
    return { status: MutantRunStatus.Survived, nrOfTests };
  }
  const { name, error = "", hangs } = failed;
  return hangs
    ? { status: MutantRunStatus.Timeout, reason: `${name} hangs` }
    : { status: MutantRunStatus.Killed, killedBy: [name], failureMessage: error, nrOfTests };
}

export const strykerPlugins = [
  declareClassPlugin(PluginKind.TestRunner, "portable", PortableRunner),
  declareClassPlugin(PluginKind.Reporter, "survivors", SurvivorReporter),
];
