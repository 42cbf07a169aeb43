// Writes the results as Markdown.
import type { Unit } from "./definitions.ts";
import { OURS, type PeerNote } from "./peer-notes.ts";
import type { Result, Verdict } from "./results.ts";
import type { Spread } from "./statistics.ts";

export interface Machine {
  readonly date: string;
  readonly node: string;
  readonly cpu: string;
  readonly system: string;
  /** The version of every package in a run. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Returns the whole document. `chartOf` returns the file of a result's chart, if it has one. */
export function documentOf(
  results: readonly Result[],
  peers: readonly PeerNote[],
  machine: Machine,
  chartOf: (result: Result) => string | undefined,
): string {
  const sections = results.map((result) => {
    const chart = chartOf(result);
    const { title } = result.measure;
    return sectionOf(result, chart && `![${title}](${chart})`);
  });
  return `${[INTRODUCTION, verdictsOf(results), ...sections, peersOf(peers, machine), endOf(machine)].join("\n\n")}\n`;
}

const INTRODUCTION = `# Benchmarks

\`npm run bench\` writes this page, in about 15 minutes. \`npm run bench -- --quick\` only prints, in 3 minutes.
\`npm run bench -- --only fetch,claims\` measures those two and only prints.

This package is measured from its packed tarball. In process, a fetch that answers at once takes the place of the
network, so that only code is measured. Each number is the median of all rounds; the least and the greatest are in
brackets. Each round takes the packages in another order. Each ratio is of two numbers of the same round.`;

/** Returns the table of targets, each with its verdict. */
export function verdictsOf(results: readonly Result[]): string {
  const rows = results.flatMap(({ measure, verdicts }) =>
    verdicts.map((verdict) => [
      `${measure.title}: ${verdict.label}`,
      spreadText(verdict.spread, "count"),
      limitText(verdict),
      verdict.passes ? "PASS" : "**MISSED**",
    ]),
  );
  const lost = results.flatMap(({ verdicts }) => verdicts).filter(({ passes }) => !passes).length;
  const heading = `## Targets\n\n${rows.length - lost} of ${rows.length} are reached.`;
  return `${heading}\n\n${table(["what", "measured", "target", ""], rows)}`;
}

/** Returns the section of one measure: its method, its chart, and all numbers. */
export function sectionOf({ measure, summary, rounds }: Result, chart?: string): string {
  const rows = Object.entries(summary).map(([row, columns]) => [
    row.includes(OURS) ? `**${row}**` : row,
    ...measure.columns.map(({ id, unit }) => {
      const spread = columns[id];
      return spread ? spreadText(spread, unit) : "";
    }),
  ]);
  const titles = measure.columns.map(({ title }) => title);
  const method = `${measure.method} Rounds: ${rounds}.`;
  return [
    `## ${measure.title}`,
    method,
    ...(chart ? [chart] : []),
    table(["", ...titles], rows),
  ].join("\n\n");
}

function peersOf(peers: readonly PeerNote[], { versions }: Machine): string {
  const rows = peers.map(({ name, packages, setUp, limits }) => [
    name,
    packages.map((it) => `${it} ${versions[it]}`).join(", "),
    setUp,
    limits,
  ]);
  return `## The others\n\nA package has no row in the tables above for what it does not do.\n\n${table(["name", "packages", "set up as", "what it lacks"], rows, "---")}`;
}

function endOf({ date, node, cpu, system, versions }: Machine): string {
  const packages = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `## Where and when\n\n${date}, Node ${node}, ${cpu}, ${system}.\n\n${packages.join(", ")}.`;
}

function table(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  alignment = "--:",
): string {
  const align = head.map((_, index) => (index === 0 ? "---" : alignment));
  return [head, align, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

function limitText({ atMost, atLeast }: Verdict): string {
  if (atMost === undefined) {
    return `≥ ${numberText(atLeast ?? Number.NaN)}`;
  }
  return atLeast === undefined ? `≤ ${numberText(atMost)}` : numberText(atMost);
}

function spreadText({ median, min, max }: Spread, unit: Unit): string {
  const [middle, least, greatest] = [median, min, max].map(numberText);
  const range = least === greatest ? "" : ` (${least} to ${greatest})`;
  return `${middle}${unit === "count" ? "" : ` ${unit}`}${range}`;
}

/** Returns a number with three significant digits, or more if the number is 1,000 or above. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) {
    return "not measured";
  }
  const digits = Math.abs(value) >= 100 ? 0 : 3;
  const rounded = digits === 0 ? Math.round(value) : Number(value.toPrecision(digits));
  return rounded.toLocaleString("en", { maximumFractionDigits: 6 });
}
