// Writes the result of a run as text for the terminal, and as the page docs/soak.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { thisMachine } from "../../bench/machine.ts";
import { runOrThrow } from "../../scripts/command.ts";
import { root, say } from "../../scripts/project.mjs";
import { installNpmPackages } from "../../scripts/setup/npm-packages.mjs";
import { SUBJECT_RESTARTS } from "./disturbances.ts";
import { BOUNDS, type Growth, type Measure, WARM_UP_SHARE } from "./memory.ts";
import { FAULT_SHARE } from "./plan.ts";
import type { SoakResult, SubjectResult } from "./run.ts";

const NAMES: Readonly<Record<Measure, string>> = {
  heapBytes: "JavaScript heap after a collection",
  wasmBytes: "Wasm memory",
  descriptors: "open file descriptors",
  timers: "active timers",
};

const RUNTIME_NAMES = { node: "Node", workerd: "workerd" };

/** Returns the tables of a result. */
export function textOf(result: SoakResult): string {
  return [summaryOf(result), endsOf(result), memoryOf(result), problemsOf(result)].join("\n\n");
}

/** Returns the page of a result. `chartOf` returns the file of a subject's chart. */
export function pageOf(
  result: SoakResult,
  where: string,
  chartOf: (subject: SubjectResult) => string,
): string {
  const charts = result.subjects.map(
    (subject) => `![${nameOf(subject)}: memory over the run](${chartOf(subject)})`,
  );
  return `${[
    introductionTo(result),
    `## Calls\n\n${summaryOf(result)}\n\n${endsOf(result)}`,
    `## Memory\n\n${MEMORY}\n\n${memoryOf(result)}\n\n${charts.join("\n\n")}`,
    `## Problems\n\n${problemsOf(result)}`,
    `## Where and when\n\n${where}`,
  ].join("\n\n")}\n`;
}

const RESULT = join(root, "target", "soak", "result.json");

/** Keeps the result, so that the page can be written from it. */
export function saveResult(result: SoakResult): void {
  mkdirSync(dirname(RESULT), { recursive: true });
  writeFileSync(RESULT, JSON.stringify(result));
}

/** Writes docs/soak.md and its charts, from the result that was saved last. */
export async function writePage(): Promise<void> {
  const result = JSON.parse(readFileSync(RESULT, "utf8")) as SoakResult;
  const bench = join(root, "bench");
  await installNpmPackages(bench);
  runOrThrow("node", [join(bench, "soak-charts.ts"), RESULT, join(root, "docs", "charts")]);
  const { date, cpu, system } = thisMachine();
  const versions = result.subjects.map(nameOf).join(", ");
  const text = pageOf(result, `${date}, ${versions}, ${cpu}, ${system}.`, ({ runtime }) => {
    return `charts/soak-${runtime}.svg`;
  });
  writeFileSync(join(root, "docs", "soak.md"), text);
  say("docs/soak.md: written");
}

function introductionTo({ tookMs, calls }: SoakResult): string {
  return `# Soak

\`npm run soak\` writes this page, in about 20 minutes. \`npm run soak -- --minutes 5 --calls 250000\` only prints.

The packed package runs on the newest Node and the newest workerd at the same time, against a scripted service over real
sockets. This run made ${numberText(calls)} calls in ${numberText(minutesOf(tookMs))} minutes: \`client.fetch\` with GET and with POST, and \`getToken\`.

- **Faults.** ${numberText(FAULT_SHARE * 100)} % of the requests and of the exchanges meet one: a reset, 500, 503 or 429 with \`Retry-After\`, a slow
  answer, silence, a body that is cut, HTML, a revoked token. Callers cancel. Requests of the Worker return while their
  exchange is under way.
- **Disturbances.** In turn all tokens are revoked, the wall clock of a subject jumps ahead, every exchange fails for some
  seconds, and the service restarts. Each process and each Worker is ended and started again ${SUBJECT_RESTARTS} times.
- **Checks.** Each call must end as its fault says, and by its limit. The service must know each token, and the token must
  not have ended. A POST may reach the service once, and once more after a 401. Node never has two exchanges of a client
  at once. No rejection goes unhandled, and no output shows a key or a token.`;
}

const MEMORY = `Each sample is taken while the subject makes no call. The first ${WARM_UP_SHARE * 100} % of the run are warm-up. The table compares the
least value of the first third after that with the least value of the last third: a leak lifts the least value too.`;

function summaryOf(result: SoakResult): string {
  const { subjects, disturbances, posts } = result;
  const of = (read: (subject: SubjectResult) => number) =>
    subjects.map((subject) => numberText(read(subject)));
  const rows = [
    ["calls", ...of(({ tally }) => tally.made)],
    ["most calls at once", ...of(({ tally }) => tally.mostAtOnce)],
    ["the longest call, in ms", ...of(({ tally }) => tally.longestMs)],
    ["restarts of the subject", ...of(({ tally }) => tally.restarts)],
    ["calls under way at a restart", ...of(({ tally }) => tally.lost)],
    ["jumps of the wall clock", ...of(({ tally }) => tally.jumps)],
    ["requests that left their exchange", ...of(({ tally }) => tally.left)],
    ["calls that never settled", ...of(({ tally }) => tally.hung)],
    ["warnings about callers whose request has ended", ...of(({ warnings }) => warnings)],
  ];
  const service = [
    `The service got ${numberText(result.requests)} requests and ${numberText(result.exchanges)} attempts of exchanges,`,
    `of which ${numberText(result.exchangeFaults)} met a fault.`,
    `It got ${numberText(posts.once)} POSTs once, and ${numberText(posts.twice)} twice, after a 401.`,
    `It revoked all tokens ${numberText(disturbances.revocations)} times, failed every exchange for some time`,
    `${numberText(disturbances.outages)} times, and restarted ${numberText(disturbances.serviceRestarts)} times.`,
  ];
  return `${table(["", ...subjects.map(nameOf)], rows)}\n\n${service.join(" ")}`;
}

function endsOf({ subjects }: SoakResult): string {
  const names = [...new Set(subjects.flatMap(({ tally }) => Object.keys(tally.ends)))].sort();
  const rows = names.map((name) => [
    /^P4P_/.test(name) ? `\`${name}\`` : name,
    ...subjects.map(({ tally }) => numberText(tally.ends[name] ?? 0)),
  ]);
  return table(["how the calls ended", ...subjects.map(nameOf)], rows);
}

function memoryOf({ subjects }: SoakResult): string {
  const rows = subjects.flatMap((subject) =>
    subject.growth.map((growth) => [nameOf(subject), NAMES[growth.measure], ...cellsOf(growth)]),
  );
  return rows.length === 0
    ? "The run was too short for a verdict on memory."
    : table(["", "what", "after the warm-up", "at the end", "bound of the growth", ""], rows);
}

function cellsOf({ measure, before, after, isFlat }: Growth): string[] {
  const values = [before, after, BOUNDS[measure]].map((value) => valueText(measure, value));
  return [...values, isFlat ? "PASS" : "**MISSED**"];
}

function problemsOf({ problems: { count, texts } }: SoakResult): string {
  const list = texts.map((text) => `- ${text}`);
  return count === 0 ? "None." : `${numberText(count)} problems:\n\n${list.join("\n")}`;
}

const nameOf = ({ runtime, version }: SubjectResult) => `${RUNTIME_NAMES[runtime]} ${version}`;

const minutesOf = (ms: number) => ms / 60_000;

function valueText(measure: Measure, value: number): string {
  return measure.endsWith("Bytes")
    ? `${numberText(value / (1_024 * 1_024))} MiB`
    : numberText(value);
}

const numberText = (value: number) => value.toLocaleString("en", { maximumFractionDigits: 1 });

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const align = head.map((_, index) => (index === 0 ? "---" : "--:"));
  return [head, align, ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
