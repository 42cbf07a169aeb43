// pay4power-auth header: exchanges the keys and prints an Authorization header.
import type { Command } from "commander";
import { type ExchangeOptions, exchange } from "../exchange.ts";
import { print, printJson } from "../output.ts";
import { addExamples, addExchangeOptions, refuseTerminal } from "./shared-options.ts";
import { summaryOf } from "./token.ts";

interface HeaderOptions extends ExchangeOptions {
  readonly show?: true;
}

export function addHeaderCommand(program: Command): void {
  const command = program
    .command("header")
    .description("exchange the keys, and print an Authorization header");
  addExchangeOptions(command).option("--show", "print the header to a terminal, too");
  addExamples(command, ['curl -H "$(npx pay4power-auth header)" "$PAY4POWER_BASE_URL/services"']);
  command.action(async (options: HeaderOptions) => {
    refuseTerminal(command, options.show);
    const success = await exchange(options);
    const { authorization } = success.token;
    if (options.json) {
      printJson({ header: "Authorization", value: authorization, ...summaryOf(success) });
    } else {
      print(`Authorization: ${authorization}`);
    }
  });
}
