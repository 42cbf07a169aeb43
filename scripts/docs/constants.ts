// Reads the numeric constants of the source: Rust and TypeScript, `const NAME = …`, by name.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../project.mjs";

/** A number, or the numbers of a struct, an object or a range, by their names. */
export type ConstantValue = number | Readonly<Record<string, number>>;

export interface Constant {
  /** The path of the file in the repository. */
  readonly file: string;
  readonly name: string;
  readonly value: ConstantValue;
}

const SOURCES = ["src/**/*.rs", "npm/**/*.ts", "worker/src/**/*.ts"];
const OTHERS = ["npm/generated/**", "npm/types/**"];

const DECLARATION =
  /^(?:pub(?:\(crate\))? |export )?const ([A-Z][A-Z\d_]*)(?:: [^=]+)? = ([^;]+);/gm;

/** Returns all numeric constants of the source. */
export function readConstants(): Constant[] {
  const files = globSync(SOURCES, { cwd: root, exclude: OTHERS }).sort();
  return files.flatMap((file) => constantsIn(file, readFileSync(join(root, file), "utf8")));
}

/** Returns the numeric constants in the text of a file. */
export function constantsIn(file: string, text: string): Constant[] {
  return [...text.matchAll(DECLARATION)].flatMap(([, name = "", expression = ""]) => {
    const value = parse(expression.trim());
    return value === undefined ? [] : [{ file, name, value }];
  });
}

function parse(expression: string): ConstantValue | undefined {
  const [, min, max] = /^([\d_]+)\.\.=([\d_]+)$/.exec(expression) ?? [];
  if (min !== undefined && max !== undefined) {
    return { min: productOf(min), max: productOf(max) };
  }
  const [, members] = /^(?:[A-Z]\w* )?\{([^{}]*)\}$/.exec(expression) ?? [];
  const value = members === undefined ? productOf(expression) : membersOf(members);
  return typeof value === "number" && Number.isNaN(value) ? undefined : value;
}

function membersOf(text: string): Record<string, number> | undefined {
  const pairs = [...text.matchAll(/(\w+): ([\d_.]+)/g)];
  return pairs.length === 0
    ? undefined
    : Object.fromEntries(pairs.map(([, name, number = ""]) => [name, productOf(number)]));
}

/** Returns the product of numbers, such as `16 * 1024`. Returns NaN for any other text. */
function productOf(text: string): number {
  return text
    .split("*")
    .map((factor) => Number(factor.trim().replaceAll("_", "") || Number.NaN))
    .reduce((product, factor) => product * factor, 1);
}
