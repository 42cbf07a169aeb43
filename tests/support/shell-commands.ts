// Reads the commands of a shell block: without comments, one for each part of a pipe.
import { type ParseEntry, parse } from "shell-quote";

/** Operators after which the next command begins. */
const ENDS = ["|", "||", "&&", ";", "&", "|&"];
/** Operators before a file. */
const REDIRECTIONS = [">", ">>", "<", ">&"];

/** Returns the commands of a shell block, each as its words. `$NAME` and `$(…)` stay as they are. */
export function commandsIn(code: string): string[][] {
  const lines = code.replaceAll(/\\\n\s*/g, " ").split("\n");
  return lines.flatMap((line) => commandsOf(line.replace(/^\s*\$ /, "")));
}

function commandsOf(line: string): string[][] {
  const inner: string[][] = [];
  const commands: string[][] = [[]];
  let isFile = false;
  for (const part of parse(line, (name) => `$${name}`)) {
    if (typeof part !== "string" && "comment" in part) {
      break;
    }
    const word = wordOf(part);
    if (word === undefined) {
      const { op } = part as { op: string };
      isFile = REDIRECTIONS.includes(op);
      if (ENDS.includes(op)) {
        commands.push([]);
      } else if (!isFile) {
        throw new Error(`this test does not know the operator ${op}: ${line}`);
      }
    } else if (isFile) {
      isFile = false;
    } else {
      commands.at(-1)?.push(word);
      inner.push(
        ...[...word.matchAll(/\$\(([^()]+)\)/g)].flatMap(([, text = ""]) => commandsOf(text)),
      );
    }
  }
  return [...commands.map(withoutVariables), ...inner].filter((words) => words.length > 0);
}

/** Returns a word, or `undefined` for an operator. */
function wordOf(part: ParseEntry): string | undefined {
  if (typeof part === "string") {
    return part;
  }
  return "pattern" in part ? part.pattern : undefined;
}

/** Removes the variables that a command sets before its program. */
function withoutVariables(words: readonly string[]): string[] {
  const first = words.findIndex((word) => !/^[A-Z_][A-Z_\d]*=/.test(word));
  return first === -1 ? [] : words.slice(first);
}
