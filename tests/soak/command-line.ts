// The command line of `npm run soak`.
import { parseArgs } from "node:util";

export const RUNTIMES = ["node", "workerd"] as const;
export type Runtime = (typeof RUNTIMES)[number];

export const FULL_MINUTES = 20;
const DEFAULTS = { minutes: String(FULL_MINUTES), calls: "1000000", runtime: "both" };
const MAX_MINUTES = 24 * 60;
const MAX_CALLS = 1_000_000_000;

export interface Options {
  readonly minutes: number;
  readonly calls: number;
  readonly runtimes: readonly Runtime[];
}

/** A mistake in the arguments. The message is for the person at the command line. */
export class ArgumentError extends Error {}

export function parse(args: readonly string[]): Options {
  const { minutes, calls, runtime } = valuesOf(args);
  const parsed = { minutes: Number(minutes), calls: Number(calls) };
  if (!(parsed.minutes > 0 && parsed.minutes <= MAX_MINUTES)) {
    throw new ArgumentError(
      `--minutes: expected a number from above 0 to ${MAX_MINUTES}, found "${minutes}"`,
    );
  }
  if (!(Number.isInteger(parsed.calls) && parsed.calls > 0 && parsed.calls <= MAX_CALLS)) {
    throw new ArgumentError(
      `--calls: expected a whole number from 1 to ${MAX_CALLS}, found "${calls}"`,
    );
  }
  const runtimes = RUNTIMES.filter((name) => runtime === name || runtime === "both");
  if (runtimes.length === 0) {
    throw new ArgumentError(`--runtime: expected node, workerd or both, found "${runtime}"`);
  }
  return { ...parsed, runtimes };
}

function valuesOf(args: readonly string[]) {
  const option = (name: keyof typeof DEFAULTS) =>
    ({ type: "string", default: DEFAULTS[name] }) as const;
  const options = {
    minutes: option("minutes"),
    calls: option("calls"),
    runtime: option("runtime"),
  };
  try {
    return parseArgs({ args: [...args], options }).values;
  } catch {
    throw new ArgumentError(
      `expected --minutes, --calls or --runtime with a value, found ${args.join(" ")}`,
    );
  }
}
