// The options that several commands have, and their examples.
import { type Command, Option } from "commander";
import { CommandError } from "../command-error.ts";

/** Adds the options of a command that makes an exchange. */
export function addExchangeOptions(command: Command): Command {
  return command
    .option("--keys-file <file>", "read the keys from this file, not from .env or .dev.vars")
    .addOption(
      new Option(
        "--sandbox [port]",
        "use the sandbox on this machine and its example keys",
      ).conflicts("keysFile"),
    )
    .option("--json", "print JSON, failures too");
}

/** Adds examples to the help of a command. */
export function addExamples(command: Command, examples: readonly string[]): Command {
  const lines = examples.map((example) => `  $ ${example}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** Throws if the command would show a token on a terminal, where others see it and logs keep it. */
export function refuseTerminal(command: Command, isWanted: boolean | undefined): void {
  if (process.stdout.isTTY && !isWanted) {
    throw new CommandError(
      "CLI_USAGE",
      `\`${command.name()}\` does not print a token to a terminal: pipe its output, or pass --show`,
    );
  }
}
