// Prints. Results go to stdout. Notes, mistakes and progress go to stderr.
import { WriteStream } from "node:tty";
import colours from "yoctocolors";

type Stream = NodeJS.WriteStream;
type Paint = (text: string) => string;

export function print(text: string, stream: Stream = process.stdout): void {
  stream.write(`${text}\n`);
}

/** Prints a note for the user, which is no part of the result. */
export function note(text: string): void {
  print(text, process.stderr);
}

export function printJson(value: object): void {
  print(safeJson(value));
}

/** Returns indented JSON without a character that could control a terminal. */
export function safeJson(value: object): string {
  return JSON.stringify(value, null, 2).replaceAll(CONTROL, (character) =>
    character === "\n" ? character : escaped(character),
  );
}

/** Returns text of the service without a character that could control a terminal. */
export function visible(text: string): string {
  return text.replaceAll(CONTROL, escaped);
}

/** Characters that control a terminal, end a line, or change the direction of the text. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

const escaped = (character: string) =>
  `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, "0")}`;

/** Returns what paints text on `stream`. Without colours it changes nothing. */
export function painter(stream: Stream): Record<"bold" | "dim" | "green" | "red", Paint> {
  if (hasColours(stream)) {
    return colours;
  }
  const plain: Paint = (text) => text;
  return { bold: plain, dim: plain, green: plain, red: plain };
}

/** Follows the rule of Node: FORCE_COLOR decides if it is set. Else only terminals have colours, without NO_COLOR. */
function hasColours(stream: Stream): boolean {
  const isForced = process.env["FORCE_COLOR"] !== undefined;
  return (isForced || stream.isTTY === true) && WriteStream.prototype.hasColors();
}

/** A name and its value. A row without a value is left out. */
export type Row = readonly [name: string, value: string | null | undefined];

/** Returns the rows as lines, with the values below each other. */
export function table(rows: readonly Row[], stream: Stream): string {
  const { dim } = painter(stream);
  return rows
    .flatMap(([name, value]) => (value ? [`  ${dim(name.padEnd(16))}${visible(value)}`] : []))
    .join("\n");
}
