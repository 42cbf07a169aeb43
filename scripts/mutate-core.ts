// node scripts/mutate-core.ts [FILE...]: runs cargo-mutants on the core, or on these files of it, and prints how many
// mutants the tests catch. Fails if they miss one. A step of `npm run test:long`; tests/core/README.md says more.
import { readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./command.ts";
import { root, say, tools } from "./project.mjs";

const CARGO_MUTANTS_VERSION = "27.1.0";
/** cargo-mutants makes the folder `mutants.out` in it. */
const PARENT_OF_RESULTS = join(root, "target");
const RESULTS = join(PARENT_OF_RESULTS, "mutants.out");

const FILES = process.argv.slice(2).flatMap((file) => ["--file", file]);

/** The counts in `outcomes.json`. */
interface Outcomes {
  readonly total_mutants: number;
  readonly caught: number;
  readonly timeout: number;
  readonly unviable: number;
  readonly missed: number;
}

/** The exit codes after a whole run: every mutant is caught, one is missed, one met the time limit. */
const WHOLE_RUN = [0, 2, 3];

function cargoMutants(args: readonly string[]): ReturnType<typeof run> {
  const path = [join(tools, "bin"), process.env["PATH"]].join(delimiter);
  return run("cargo", ["mutants", ...args], { env: { PATH: path } });
}

/** Returns how many mutants cargo-mutants finds with these arguments. */
function count(args: readonly string[]): number {
  const { output } = cargoMutants(["--list", "--colors", "never", ...FILES, ...args]);
  return output.match(/^src\/.+$/gm)?.length ?? 0;
}

function read(file: string): string {
  return readFileSync(join(RESULTS, file), "utf8");
}

const { output: version } = cargoMutants(["--version"]);
if (version.trim() !== `cargo-mutants ${CARGO_MUTANTS_VERSION}`) {
  say(
    `expected cargo-mutants ${CARGO_MUTANTS_VERSION}, found another version or none; tests/core/README.md says how to install it`,
  );
  process.exit(1);
}
const explained = count(["--no-config", "--exclude", "src/wasm/**"]) - count([]);
const { code, output } = cargoMutants([
  "--colors",
  "never",
  "--output",
  PARENT_OF_RESULTS,
  ...FILES,
]);
if (code === null || !WHOLE_RUN.includes(code)) {
  say(output.split("\n").slice(-60).join("\n"));
  process.exit(1);
}
const outcomes: Outcomes = JSON.parse(read("outcomes.json"));
const { total_mutants: tested, caught, timeout, unviable, missed } = outcomes;
console.log(
  "| mutants | caught by a test | caught by the time limit | not valid Rust | explained | missed |",
);
console.log("|--:|--:|--:|--:|--:|--:|");
console.log(
  `| ${tested + explained} | ${caught} | ${timeout} | ${unviable} | ${explained} | ${missed} |`,
);
if (missed > 0) {
  say(`expected no mutant that passes every test, found:\n${read("missed.txt")}`);
  process.exit(1);
}
