// pay4power-auth token: exchanges the keys and prints the token alone.
import type { Command } from "commander";
import { type ExchangeOptions, exchange, type Success } from "../exchange.ts";
import { print, printJson } from "../output.ts";
import { addExamples, addExchangeOptions, refuseTerminal } from "./shared-options.ts";

interface TokenOptions extends ExchangeOptions {
  readonly show?: true;
}

export function addTokenCommand(program: Command): void {
  const command = program.command("token").description("exchange the keys, and print the token");
  addExchangeOptions(command).option("--show", "print the token to a terminal, too");
  addExamples(command, [
    "TOKEN=$(npx pay4power-auth token)",
    "npx pay4power-auth token --json | jq -r .expiresAt",
    "npx pay4power-auth token --show",
  ]);
  command.action(async (options: TokenOptions) => {
    refuseTerminal(command, options.show);
    const success = await exchange(options);
    if (options.json) {
      const { value, tokenType } = success.token;
      printJson({ token: value, tokenType, ...summaryOf(success) });
    } else {
      print(success.token.value);
    }
  });
}

/** Returns what `--json` prints of an exchange. It does not hold the token. */
export function summaryOf({ token, settings, host }: Success) {
  return {
    expiresAt: token.expiresAt.toISOString(),
    expiresInMs: token.expiresInMs(),
    environment: token.claims?.environment ?? settings.environment,
    correlationId: token.correlationId,
    host,
  };
}
