// The command line of `npm run bench`.
import { HELP as TEXTS } from "../scripts/help.mjs";
import { IDS } from "./definitions.ts";

export const HELP = TEXTS["../bench/main.ts"];

export interface Options {
  readonly help: boolean;
  readonly isQuick: boolean;
  readonly ids: readonly string[];
}

/** A mistake in the arguments. The message is for the person at the command line. */
export class ArgumentError extends Error {}

export function parse(args: readonly string[]): Options {
  let [help, isQuick] = [false, false];
  let ids = IDS;
  const rest = [...args];
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    const [name, value] = arg.split(/=(.*)/s);
    if (arg === "--help") {
      help = true;
    } else if (arg === "--quick") {
      isQuick = true;
    } else if (name === "--only") {
      ids = idsOf(value ?? rest.shift() ?? "");
    } else {
      throw new ArgumentError(`expected --quick, --only or --help, found ${arg}`);
    }
  }
  return { help, isQuick, ids };
}

function idsOf(list: string): string[] {
  const ids = list.split(",").map((id) => id.trim());
  const unknown = ids.find((id) => !IDS.includes(id));
  if (unknown !== undefined) {
    throw new ArgumentError(`--only: expected some of ${IDS.join(", ")}, found "${unknown}"`);
  }
  return ids;
}
