// pay4power-auth claims: decodes a token. It sends nothing.
import type { Command } from "commander";
import { decodeClaims, type TokenClaims } from "pay4power-auth";
import { CommandError } from "../command-error.ts";
import { note, print, printJson, type Row, safeJson, table } from "../output.ts";
import { claimedMoment } from "../words.ts";
import { addExamples } from "./shared-options.ts";

/** More text than this is no token. */
const MAX_CHARACTERS = 64 * 1024;

export function addClaimsCommand(program: Command): void {
  const command = program
    .command("claims")
    .description("print the claims of a token, and verify nothing")
    .argument("[token]", "the token; without it, or with -, the command reads stdin")
    .option("--json", "print JSON, failures too");
  addExamples(command, [
    "npx pay4power-auth token | npx pay4power-auth claims",
    "npx pay4power-auth claims - < token.txt",
  ]);
  command.action(async (argument: string | undefined, options: { json?: true }) => {
    const isFromStdin = argument === undefined || argument === "-";
    const claims = decodeClaims(tokenIn(isFromStdin ? await readStdin(argument) : argument));
    if (options.json) {
      printJson(claims);
      return;
    }
    print(safeJson(claims));
    const moments = process.stdout.isTTY ? momentsOf(claims) : "";
    if (moments !== "") {
      note(moments);
    }
    note("Nothing is verified: only the service can check the signature.");
  });
}

/** Returns the token of a text that may be a whole `Authorization` header. */
function tokenIn(text: string): string {
  return text.trim().replace(/^(authorization:\s*)?bearer\s+/i, "");
}

async function readStdin(argument: string | undefined): Promise<string> {
  if (argument === undefined && process.stdin.isTTY) {
    throw new CommandError(
      "CLI_USAGE",
      "`claims` needs a token: pipe it, or pass it as an argument",
    );
  }
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += chunk;
    if (text.length > MAX_CHARACTERS) {
      break;
    }
  }
  if (text.trim() === "") {
    throw new CommandError("CLI_USAGE", "`claims` needs a token, and stdin is empty");
  }
  return text;
}

/** Returns the moments among the claims, in words. */
function momentsOf(claims: TokenClaims): string {
  const rows = ["iat", "nbf", "exp"].map((name): Row => [name, claimedMoment(claims[name])]);
  return table(rows, process.stderr);
}
