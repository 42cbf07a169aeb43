// Puts the commands together, and runs the one that the arguments name.
import { Command, CommanderError } from "commander";
import { VERSION } from "pay4power-auth";
import { refuseKeys, usageError } from "./arguments.ts";
import { addCheckCommand } from "./commands/check.ts";
import { addClaimsCommand } from "./commands/claims.ts";
import { addHeaderCommand } from "./commands/header.ts";
import { addSandboxCommand } from "./commands/sandbox.ts";
import { addExamples } from "./commands/shared-options.ts";
import { addTokenCommand } from "./commands/token.ts";
import { MEANINGS } from "./exit-codes.ts";
import { reportFailure } from "./failure-report.ts";
import { painter } from "./output.ts";
import { FILES, VARIABLES } from "./settings.ts";

/** Runs the program, and sets its exit code. Never throws. */
export async function runProgram(args: readonly string[]): Promise<void> {
  try {
    refuseKeys(args);
    const program = createProgram();
    if (args.length === 0) {
      program.help();
    }
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return; // --help and --version
    }
    const failure = error instanceof CommanderError ? usageError(error) : error;
    const json = args.includes("--json");
    process.exitCode = reportFailure(failure, { json, stream: process.stderr });
  }
}

/** Returns the commands and their options. */
export function createProgram(): Command {
  const { bold } = painter(process.stdout);
  const program = new Command("pay4power-auth")
    .usage("<command> [options]")
    .description("Exchange Pay4Power keys for a bearer token, on the command line.")
    .version(VERSION, "-v, --version", "print the version")
    .helpOption("-h, --help", "print the help")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({ styleTitle: bold, showGlobalOptions: false })
    // `runProgram` reports the mistakes.
    .configureOutput({ outputError: () => {}, writeErr: () => {} })
    .exitOverride();
  addCheckCommand(program);
  addTokenCommand(program);
  addHeaderCommand(program);
  addClaimsCommand(program);
  addSandboxCommand(program);
  addExamples(program, [
    "npx pay4power-auth sandbox",
    "npx pay4power-auth check --sandbox",
    'curl -H "$(npx pay4power-auth header)" "$PAY4POWER_BASE_URL/services"',
  ]);
  return program.addHelpText("after", `\n${keysHelp()}\n\n${exitCodesHelp()}`);
}

function keysHelp(): string {
  const { publicKey, privateKey, environment, tokenUrl, authorization } = VARIABLES;
  return `Keys:
  from the environment, or from ${FILES.join(" or ")} in this folder; the environment wins
  ${publicKey}   the public key
  ${privateKey}  the private key
  ${environment}  the environment (default: TEST)
  ${tokenUrl}    the address of the exchange (default: that of TEST)
  ${authorization}  an Authorization header for the exchange (default: none)`;
}

function exitCodesHelp(): string {
  const lines = Object.entries(MEANINGS).map(([code, meaning]) => `  ${code}  ${meaning}`);
  return `Exit codes:\n${lines.join("\n")}`;
}
