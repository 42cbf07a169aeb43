// Makes the parts of the documents that come from the source: the codes, the events and the bounds.
import { CODES } from "../../docs/on-call/codes.js";
import { EVENTS } from "../../docs/on-call/events.js";
import { WORKER_ALERTS } from "../../docs/on-call/worker-codes.js";
import { REPEATS } from "../../tests/portable/ledger-table.ts";
import { PROBLEM_TYPES } from "../../worker/src/problem-types.ts";
import { readBounds } from "./bounds.ts";

/** The documents with such tables. */
export const DOCUMENTS = ["README.md", "docs/operations.md"] as const;

/** Returns the anchor that GitHub gives to the heading of a code or an event. */
export const anchorOf = (name: string) => name.toLowerCase().replaceAll(".", "");

/** A table, or entries with headings, by the name in its markers. */
const CONTENTS: Readonly<Record<string, () => string>> = {
  "codes in short": () =>
    table(
      ["code", "what happened", "retry"],
      Object.entries(CODES).map(([code, { meaning, retry }]) => [
        `[\`${code}\`](docs/operations.md#${anchorOf(code)})`,
        meaning,
        retry,
      ]),
    ),
  codes: () =>
    entries(CODES, ({ meaning, retry, remedy, alert }) => [
      meaning,
      `- **Retry:** ${retry}`,
      `- **Do:** ${remedy}`,
      `- **Alert:** ${alert}`,
    ]),
  events: () =>
    entries(EVENTS, ({ meaning, action, alert }) => [
      meaning,
      `- **Do:** ${action}`,
      `- **Alert:** ${alert}`,
    ]),
  "codes of the Worker": () =>
    table(
      ["code", "status", "what happened", "`outcome` of a POST", "alert"],
      Object.entries(PROBLEM_TYPES).map(([code, { status, title, detail, outcome }]) => [
        code in CODES ? `[\`${code}\`](#${anchorOf(code)})` : `\`${code}\``,
        String(status),
        `${title}. ${detail}`,
        outcome,
        (WORKER_ALERTS as Readonly<Record<string, string>>)[code] ?? "its entry says it",
      ]),
    ),
  "what a runtime sends twice": () =>
    table(
      ["runtime", "what it would send twice", "what the package does", "limits"],
      REPEATS.map(({ runtimes, requests, failures, guard = "nothing can prevent it", limits }) => [
        runtimes,
        `${requests} ${failures.join(", or ")}`,
        guard,
        limits,
      ]),
    ),
  bounds: () =>
    table(
      ["part", "what", "value", "in the source"],
      readBounds().map(({ part, what, value, file, constant }) => [
        part,
        what,
        value,
        constant === undefined ? `\`${file}\`` : `\`${constant}\`, \`${file}\``,
      ]),
    ),
};

/** Returns the document with its tables made again. Throws if a marker names no table. */
export function withTables(document: string): string {
  return document.replaceAll(
    /^(<!-- table: (.+) -->\n)[\s\S]*?(^<!-- end of the table -->)$/gm,
    (_, begin: string, name: string, end: string) => {
      const content = CONTENTS[name];
      if (content === undefined) {
        throw new Error(
          `there is no table "${name}": correct the marker or scripts/docs/tables.ts`,
        );
      }
      return `${begin}\n${content()}\n\n${end}`;
    },
  );
}

/** Returns an entry with a heading of its own for each name. A link can lead to the heading. */
function entries<Words>(
  words: Readonly<Record<string, Words>>,
  linesOf: (words: Words) => readonly [string, ...string[]],
): string {
  const entry = ([name, its]: [string, Words]) => {
    const [first, ...list] = linesOf(its);
    return [`### \`${name}\``, "", first, "", ...list].join("\n");
  };
  return Object.entries(words).map(entry).join("\n\n");
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  return [line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line)].join("\n");
}
