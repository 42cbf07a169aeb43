// Registers the cases of the suites for each runtime.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { BASE_PATH, KEYS, TOKEN_PATHS } from "../../sandbox/service.ts";
import { buildPaths } from "../../scripts/build/paths.ts";
import { build } from "../../scripts/build.ts";
import { root } from "../../scripts/project.mjs";
import { casesFor, type Places, type Report, type Suite } from "../portable/harness.ts";
import { suites } from "../portable/suite.ts";
import { type ScriptServer, startScriptServer } from "./script-server.ts";

export interface Runtime {
  readonly name: string;
  /** What it can't run without and is not there. */
  readonly missing?: string;
  /** Another way to load the library where a runtime runs everything anyway: no load, no traps. */
  readonly light?: boolean;
  /** It traps all the same. */
  readonly traps?: boolean;
  /** Makes a fresh project that has `tarball` installed, for one run of this suite in it. */
  prepare(tarball: string, suite: Suite): Promise<Run>;
}

export interface Run {
  /** The origin of its page, when it is one. */
  readonly origin?: string;
  run(places: Places): Promise<Report>;
}

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};

/** The suites mostly wait, so that several share a processor. */
const AT_ONCE = 4;
/** Many faults run at once on each runtime, so that two runtimes keep two processors busy. */
const FAULTS_AT_ONCE = 2;

/** Runs that were prepared. */
type Prepared = Map<string, Run>;

/** Runs the portable suite, the one with secrets and the one with traps. */
export function runsPortableSuite(runtimes: readonly Runtime[]): void {
  const there = runtimes.filter(({ missing }) => missing === undefined);
  const [full, light] = [there.filter((it) => !it.light), there.filter((it) => it.light)];
  // The longest begin first.
  runsSuites("the portable suite", runtimes, [
    ...full.map((runtime): [Runtime, Suite] => [runtime, "portable"]),
    ...full.map((runtime): [Runtime, Suite] => [runtime, "secrets"]),
    ...there
      .filter(({ light, traps }) => traps ?? !light)
      .map((runtime): [Runtime, Suite] => [runtime, "trap"]),
    ...light.map((runtime): [Runtime, Suite] => [runtime, "portable"]),
  ]);
}

/** Runs the suite with the faults. */
export function runsFaults(runtimes: readonly Runtime[]): void {
  const there = runtimes.filter(({ missing }) => missing === undefined);
  runsSuites(
    "the faults",
    runtimes,
    there.map((runtime): [Runtime, Suite] => [runtime, "faults"]),
    FAULTS_AT_ONCE,
  );
}

function runsSuites(
  title: string,
  runtimes: readonly Runtime[],
  all: readonly (readonly [Runtime, Suite])[],
  atOnce = AT_ONCE,
): void {
  const prepared: Prepared = new Map();
  describe(title, { concurrency: atOnce }, () => {
    // All of it first: what bundles and builds would slow down what runs meanwhile.
    before(async () => {
      for (const [runtime, suite] of all) {
        const run = await prepare(runtime, suite);
        prepared.set(nameOf(runtime, suite), run);
      }
    });
    for (const [runtime, suite] of all) {
      runsCases(runtime, suite, prepared);
    }
    for (const { name, missing } of runtimes.filter((it) => it.missing !== undefined)) {
      // Never passed: skipped where somebody may lack it, failed where nobody may.
      test(`${name}: NOT RUN, ${missing} is missing`, (t) => {
        assert.ok(!process.env["CI"], "CI must have every runtime");
        t.skip();
      });
    }
  });
}

const nameOf = ({ name }: Runtime, suite: Suite) => `${name}, ${suite}`;

/** The crate's features that a suite wants. */
const FEATURES: Record<Suite, readonly string[]> = {
  portable: [],
  secrets: [],
  trap: ["trap"],
  faults: [],
};

/** What can't be prepared fails when it is to be run, and leaves the others alone. */
async function prepare(runtime: Runtime, suite: Suite): Promise<Run> {
  try {
    return await runtime.prepare(await build(...FEATURES[suite]), suite);
  } catch (error) {
    return { run: () => Promise.reject(error) };
  }
}

function runsCases(runtime: Runtime, suite: Suite, prepared: Prepared): void {
  const { light = false } = runtime;
  const all = casesFor(suites[suite], { light });
  describe(nameOf(runtime, suite), { concurrency: 1 }, () => {
    let sandbox: Sandbox;
    let script: ScriptServer;
    let other: ScriptServer;
    const results = new Map<string, string | undefined>();
    before(async () => {
      const ready = prepared.get(nameOf(runtime, suite));
      assert.ok(ready);
      sandbox = await startSandbox({ allowedOrigin: ready.origin, control: true });
      script = await startScriptServer(join(buildPaths(FEATURES[suite]).dist, "core.wasm"));
      other = await startScriptServer();
      const origin = sandbox.baseUrl.slice(0, -BASE_PATH.length);
      const report = await ready.run({
        suite,
        tokenUrls: TOKEN_PATHS.map((path) => origin + BASE_PATH + path),
        baseUrl: sandbox.baseUrl,
        controlUrl: sandbox.controlUrl ?? "",
        ...KEYS,
        scriptUrl: script.url,
        otherUrl: other.url,
        coreUrl: `${script.url}/core.wasm`,
        version,
        light,
        thorough: Boolean(process.env["PAY4POWER_THOROUGH"]),
        browser: ready.origin !== undefined,
      });
      for (const { name, error } of report.results) {
        results.set(name, error);
      }
      const passed = report.results.filter(({ error }) => error === undefined).length;
      const facts = [`${passed} of ${all.length} passed`];
      if (report.importMs !== undefined) {
        facts.push(`loaded in ${report.importMs.toFixed()} ms`);
      }
      const on = report.on === undefined ? "" : ` (${report.on})`;
      console.log(`ran on ${runtime.name}${on}, ${suite}: ${facts.join(", ")}`);
    });
    after(() => Promise.all([sandbox.close(), script.close(), other.close()]));
    for (const { name } of all) {
      test(name, () => {
        assert.ok(results.has(name), "was not run");
        assert.equal(results.get(name), undefined);
      });
    }
  });
}
