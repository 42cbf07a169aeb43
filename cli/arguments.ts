// Guards the arguments. Other programs of the machine can read them, and the shell keeps them in its history.
import type { CommanderError } from "commander";
import { CommandError } from "./command-error.ts";

/** Throws if an argument looks like a key. The message does not repeat it. */
export function refuseKeys(args: readonly string[]): void {
  if (args.some((argument) => /(PRIV|PUB)_KEY_/i.test(argument))) {
    throw new CommandError(
      "CLI_USAGE",
      "an argument looks like a key, and keys come only from the environment or a file, because the shell's history keeps arguments and other programs can read them",
    );
  }
}

/** Returns the error for a mistake that commander found. */
export function usageError({ message, code }: CommanderError): CommandError {
  if (code === "commander.help") {
    return new CommandError("CLI_USAGE", "name a command; --help lists them");
  }
  const [problem = "", suggestion] = message
    .replace(/^error: /, "")
    .replace(/\.$/, "")
    .split("\n");
  const hint = suggestion?.replace("(Did", "(did") ?? "(--help lists what there is)";
  return new CommandError("CLI_USAGE", `${withoutValues(problem)} ${hint}`);
}

/** Leaves out each quoted text that is not a plain word or option: it may be a secret in the wrong place. */
function withoutValues(problem: string): string {
  return problem.replaceAll(/ '([^']*)'/g, (quoted, text: string) =>
    /^(-{0,2}[a-z][a-z-]{0,20}|-[a-z])( [<[][a-z]+[>\]])?$/i.test(text) ? quoted : "",
  );
}
