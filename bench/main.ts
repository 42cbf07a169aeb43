// npm run bench [-- OPTIONS]: measures the packed package beside others, and writes docs/benchmarks.md.
import { fork } from "node:child_process";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { npmPackages, root, say } from "../scripts/setup.mjs";
import { must } from "../scripts/shell.ts";
import { ArgumentError, HELP, parse, type Wanted } from "./command-line.ts";
import { benchCore } from "./core.ts";
import { MEASURES, type Measure } from "./definitions.ts";
import { thisMachine } from "./machine.ts";
import { PEERS_SAID } from "./peers.ts";
import { documentOf, sectionOf, verdictsOf } from "./report.ts";
import { type Result, resultOf } from "./results.ts";
import type { Sample } from "./statistics.ts";

const bench = import.meta.dirname;

try {
  const wanted = parse(process.argv.slice(2));
  if (wanted.help) {
    process.stdout.write(HELP);
  } else {
    await run(wanted);
  }
} catch (error) {
  if (!(error instanceof ArgumentError)) {
    throw error;
  }
  say(`${error.message}; --help says more`);
  process.exitCode = 1;
}

async function run({ isQuick, ids }: Wanted): Promise<void> {
  if (!npmPackages(bench)) {
    throw new Error("npm ci failed in bench/; see above");
  }
  installPackage(await build());
  must("tsc", ["-p", bench]);
  const results: Result[] = [];
  for (const measure of MEASURES.filter(({ id }) => ids.includes(id))) {
    say(`${measure.id}: measuring`);
    const result = await resultIn(measure, isQuick);
    results.push(result);
    console.log(`${sectionOf(result)}\n`);
  }
  console.log(verdictsOf(results));
  if (!isQuick && ids.length === MEASURES.length) {
    write(results);
  }
}

/** The packed package, where the benches find it by its name. */
function installPackage(tarball: string): void {
  const consumer = makeConsumer(join(root, "target", "consumers", "bench"), tarball);
  const link = join(bench, "node_modules", "pay4power-auth");
  rmSync(link, { recursive: true, force: true });
  symlinkSync(join(consumer, "node_modules", "pay4power-auth"), link, "junction");
}

async function resultIn(measure: Measure, isQuick: boolean): Promise<Result> {
  if (measure.processes === undefined) {
    return { measure, summary: benchCore(isQuick), verdicts: [], rounds: 1 };
  }
  const samples: Sample[] = [];
  const count = isQuick ? measure.processes.quick : measure.processes.full;
  for (let number = 0; number < count; number++) {
    samples.push(...(await round(measure.id, number, isQuick)));
  }
  return resultOf(measure, samples);
}

/** A process of its own: what one round has compiled or left on the heap, the next one has not. */
function round(id: string, number: number, isQuick: boolean): Promise<Sample[]> {
  const file = join(bench, "measures", "process.ts");
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
  must("node", [join(bench, "charts.ts"), file, join(root, "docs", "charts")]);
  const chartOf = ({ measure }: Result) => measure.chart && `charts/${measure.id}.svg`;
  const text = documentOf(results, PEERS_SAID, thisMachine(), chartOf);
  writeFileSync(join(root, "docs", "benchmarks.md"), text);
  say("docs/benchmarks.md: written");
}
