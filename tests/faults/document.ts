// Makes docs/faults.md from the table of faults.
import type { Exceptions, Fault, Group, Outcome } from "./fault.ts";
import { GROUPS } from "./table.ts";

const HEAD = `# What a fault of the service becomes

Each row names faults of an answer, and what the package makes of them. The tests send every one of them over real
sockets to Node 20, Node 24, workerd, Deno, Bun, Chromium and edge-runtime, and the long tests to more versions.
\`npm run docs:tables\` writes this page from the table in \`tests/faults/\`.

- **Exchange**: what \`authenticate\`, \`getToken\` and a \`client.fetch\` that needs a token end in, if the answer of the
  token endpoint has the fault. The package tries again after a failure that is *retried*, and asks once after any
  other. \`P4P_TIMEOUT\` comes at the deadline.
- **\`client.fetch\`**: what the caller gets, if the answer to its request has the fault: a status and a whole body; a
  body that breaks, or waits for more until the caller leaves; a fetch that rejects with the platform's own error, or
  waits for a head until the caller leaves. A payment is sent once. After a 401 it is sent once more, with a new token.
- **Differs**: a runtime whose own fetch does something else, and why. A page sees only what CORS allows: these answers
  allow everything. Without CORS, Chromium gives \`P4P_NETWORK\` for every answer.

In every row the call ends by its deadline, the connection is closed or used again, no redirect is followed, and no
error or event shows a key or a token. Of a large body, an exchange reads 1 MiB.
`;

/** Returns the whole page. */
export const document = (): string => [HEAD, ...GROUPS.map(section)].join("\n");

function section({ title, faults }: Group): string {
  const rows = merged(faults).map(
    ({ names, fault }) => `| ${names.join("<br>")} | ${cells(fault).join(" | ")} |`,
  );
  const head = ["| fault | exchange | `client.fetch` | differs |", "|---|---|---|---|"];
  return `## ${title}\n\n${[...head, ...rows].join("\n")}\n`;
}

/** Returns the faults, with neighbours of the same outcome in one row. */
function merged(faults: readonly Fault[]): { names: string[]; fault: Fault }[] {
  const rows: { names: string[]; fault: Fault }[] = [];
  for (const fault of faults) {
    const last = rows.at(-1);
    if (last && cells(last.fault).join() === cells(fault).join()) {
      last.names.push(cell(fault.name));
    } else {
      rows.push({ names: [cell(fault.name)], fault });
    }
  }
  return rows;
}

/** Returns a text as it stands in a cell of a table. */
const cell = (text: string): string =>
  text.replaceAll("\\", "\\\\").replaceAll("|", "\\|").replaceAll("<", "&lt;");

const cells = ({ expected, except }: Fault): string[] => [
  exchangeOf(expected),
  `${expected.answer}${expected.sent > 1 ? ", sent twice" : ""}`,
  exceptions(except),
];

const exchangeOf = ({ exchange }: Pick<Outcome, "exchange">): string =>
  exchange.replaceAll(/P4P_[A-Z_]+/g, "`$&`");

/** Returns what differs, with the runtimes that do the same together. */
function exceptions(all: Exceptions): string {
  const byText = new Map<string, string[]>();
  for (const [name, { exchange, answer, times = 1, why }] of Object.entries(all)) {
    const instead = [
      ...(exchange ? [exchangeOf({ exchange })] : []),
      ...(answer ? [`\`client.fetch\`: ${answer}`] : []),
      ...(times > 1 ? ["every request arrives twice"] : []),
    ];
    const text = `${instead.join("; ")} (${why})`;
    byText.set(text, [...(byText.get(text) ?? []), name]);
  }
  return [...byText].map(([text, names]) => `${names.join(", ")}: ${text}`).join("<br>");
}
