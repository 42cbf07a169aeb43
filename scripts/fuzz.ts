// npm run fuzz [-- OPTIONS] [TARGET]: runs the fuzz targets of fuzz/ one after the other, and prints a table of their runs.
import { cpSync, globSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { run } from "./command.ts";
import { root, say, tools } from "./project.mjs";

const CARGO_FUZZ_VERSION = "0.13.2";
/** The longest input, in bytes. */
const MAX_LENGTH = 512;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seconds: { type: "string", default: "60" }, minimize: { type: "boolean" } },
});
const all = globSync("fuzz/fuzz_targets/*.rs", { cwd: root }).map((file) => basename(file, ".rs"));
const targets = positionals.length > 0 ? positionals : all.sort();
const unknown = targets.find((target) => !all.includes(target));
if (unknown !== undefined || !/^[1-9]\d*$/.test(values.seconds)) {
  say(`expected targets among ${all.join(", ")} and a number of seconds`);
  process.exit(2);
}

/** Runs cargo-fuzz. Ends this process if it fails. */
function cargoFuzz(command: string, args: readonly string[], libfuzzer: readonly string[]): string {
  const { ok, output } = run(
    "cargo",
    [
      "+nightly",
      "fuzz",
      command,
      "--fuzz-dir",
      "fuzz",
      "--sanitizer",
      "none",
      ...args,
      ...libfuzzer,
    ],
    { env: { PATH: `${join(tools, "bin")}:${process.env["PATH"]}` } },
  );
  if (!ok) {
    say(output.split("\n").slice(-60).join("\n"));
    say(
      `expected cargo-fuzz ${CARGO_FUZZ_VERSION}, a nightly toolchain and no finding; fuzz/README.md says more`,
    );
    process.exit(1);
  }
  return output;
}

let total = 0;
console.log("| target | runs | runs a second |");
console.log("|---|--:|--:|");
for (const target of targets) {
  const committed = join(root, "fuzz", "corpus", target);
  const found = join(root, "target", "fuzz-corpus", target);
  mkdirSync(found, { recursive: true });
  mkdirSync(committed, { recursive: true });
  const limits = [`-max_total_time=${values.seconds}`, `-max_len=${MAX_LENGTH}`];
  const stats = cargoFuzz(
    "run",
    [target, found, committed],
    ["--", ...limits, "-print_final_stats=1"],
  );
  const stat = (name: string) => Number(new RegExp(`stat::${name}: +(\\d+)`).exec(stats)?.[1]);
  const runs = stat("number_of_executed_units");
  total += runs;
  const perSecond = stat("average_exec_per_sec").toLocaleString("en");
  console.log(`| \`${target}\` | ${runs.toLocaleString("en")} | ${perSecond} |`);
  if (values.minimize) {
    minimize(target, committed, found);
  }
}
console.log(`\n${total.toLocaleString("en")} runs, no finding`);

/** Replaces the committed corpus by a smallest one that covers the same code. Keeps the files that a person wrote. */
function minimize(target: string, committed: string, found: string): void {
  const smallest = `${found}-smallest`;
  rmSync(smallest, { recursive: true, force: true });
  mkdirSync(smallest, { recursive: true });
  const merge = ["-set_cover_merge=1", "-use_counters=0", `-max_len=${MAX_LENGTH}`];
  cargoFuzz("run", [target, smallest, committed, found], ["--", ...merge]);
  for (const seed of globSync("seed-*", { cwd: committed })) {
    cpSync(join(committed, seed), join(smallest, seed));
  }
  rmSync(committed, { recursive: true });
  renameSync(smallest, committed);
}
