// npm run bench [-- OPTIONS]: measures the packed package beside others, and writes docs/benchmarks.md. `--help` lists
// the options.
import { fork } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../scripts/build.ts";
import { runOrThrow } from "../scripts/command.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root, say } from "../scripts/project.mjs";
import { installNpmPackages } from "../scripts/setup/npm-packages.mjs";
import { benchCore } from "./cargo-bench.ts";
import { ArgumentError, HELP, type Options, parse } from "./command-line.ts";
import { MEASURES, type Measure } from "./definitions.ts";
import { thisMachine } from "./machine.ts";
import { PEER_NOTES } from "./peer-notes.ts";
import { documentOf, sectionOf, verdictsOf } from "./report.ts";
import { type Result, resultOf } from "./results.ts";
import type { Sample } from "./statistics.ts";

const bench = import.meta.dirname;

try {
  const options = parse(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(HELP);
  } else {
    await run(options);
  }
} catch (error) {
  if (!(error instanceof ArgumentError)) {
    throw error;
  }
  say(`${error.message}; --help says more`);
  process.exitCode = 2;
}

async function run({ isQuick, ids }: Options): Promise<void> {
  await installNpmPackages(bench);
  installPackage(await build());
  runOrThrow("tsc", ["-p", bench]);
  const results: Result[] = [];
  for (const measure of MEASURES.filter(({ id }) => ids.includes(id))) {
    say(`${measure.id}: measuring`);
    const result = await resultOfMeasure(measure, isQuick);
    results.push(result);
    console.log(`${sectionOf(result)}\n`);
  }
  console.log(verdictsOf(results));
  if (!isQuick && ids.length === MEASURES.length) {
    write(results);
  }
}

/** Installs the packed package in bench/, so that the benches import it by its name. */
function installPackage(tarball: string): void {
  const consumer = makeConsumer(join(root, "target", "consumers", "bench"), tarball);
  const link = join(bench, "node_modules", "pay4power-auth");
  rmSync(link, { recursive: true, force: true });
  symlinkSync(join(consumer, "node_modules", "pay4power-auth"), link, "junction");
}

async function resultOfMeasure(measure: Measure, isQuick: boolean): Promise<Result> {
  if (measure.processes === undefined) {
    return { measure, summary: benchCore(isQuick), verdicts: [], rounds: 1 };
  }
  const samples: Sample[] = [];
  const count = isQuick ? measure.processes.quick : measure.processes.full;
  for (let number = 0; number < count; number++) {
    samples.push(...(await runRound(measure.id, number, isQuick)));
  }
  return resultOf(measure, samples);
}

/** Runs a round in a process of its own, so that no round inherits compiled code or a heap. */
function runRound(id: string, number: number, isQuick: boolean): Promise<Sample[]> {
  const file = join(bench, "measures", "round-process.ts");
  const child = fork(file, [id, String(number), isQuick ? "quick" : "full"], {
    execArgv: ["--expose-gc"],
    serialization: "advanced", // JSON has no NaN
  });
  return new Promise((resolve, reject) => {
    child.once("message", (samples) => resolve(samples as Sample[]));
    child.once("exit", (code) => reject(new Error(`${id}: its process ended with ${code}`)));
  });
}

function write(results: readonly Result[]): void {
  const file = join(root, "target", "bench", "results.json");
  mkdirSync(join(root, "target", "bench"), { recursive: true });
  writeFileSync(file, JSON.stringify(results));
  runOrThrow("node", [join(bench, "charts.ts"), file, join(root, "docs", "charts")]);
  const chartOf = ({ measure }: Result) => measure.chart && `charts/${measure.id}.svg`;
  const text = documentOf(results, PEER_NOTES, thisMachine(), chartOf);
  writeFileSync(join(root, "docs", "benchmarks.md"), text);
  say("docs/benchmarks.md: written");
}
