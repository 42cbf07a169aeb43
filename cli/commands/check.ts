// pay4power-auth check: makes the exchange and explains the result. It shows neither the token nor a key.
import type { Command } from "commander";
import { type ExchangeOptions, exchange, type Success } from "../exchange.ts";
import { reportFailure, tookOf } from "../failure-report.ts";
import { painter, print, printJson, table } from "../output.ts";
import { moment } from "../words.ts";
import { addExamples, addExchangeOptions } from "./shared-options.ts";
import { summaryOf } from "./token.ts";

export function addCheckCommand(program: Command): void {
  const command = program
    .command("check")
    .description("exchange the keys, and explain what worked or what to do");
  addExchangeOptions(command);
  addExamples(command, [
    "npx pay4power-auth check",
    "npx pay4power-auth check --keys-file .env.staging",
    "npx pay4power-auth check --json | jq .error.code",
  ]);
  command.action(async (options: ExchangeOptions) => {
    try {
      report(await exchange(options), options.json === true);
    } catch (error) {
      const json = options.json === true;
      // The explanation is the result of this command, so it goes to stdout.
      process.exitCode = reportFailure(error, { json, stream: process.stdout });
    }
  });
}

function report(success: Success, json: boolean): void {
  const { token, settings, durationMs, attempts } = success;
  const { tokenType } = token;
  const summary = summaryOf(success);
  if (json) {
    const keysFrom = settings.source;
    printJson({ ok: true, tokenType, ...summary, keysFrom, durationMs, attempts });
    return;
  }
  const { green, bold } = painter(process.stdout);
  const merchant = token.claims?.merchant_name;
  const rows = table(
    [
      ["host", summary.host],
      ["environment", summary.environment],
      ["keys from", settings.source],
      ["merchant", typeof merchant === "string" ? `${merchant} (as the token claims)` : undefined],
      ["token", `${tokenType}, ends ${moment(token.expiresAtMs)}`],
      ["correlation id", summary.correlationId],
      ["took", tookOf(success)],
    ],
    process.stdout,
  );
  print(
    `${green("✓")} ${bold("The service accepts the keys, and its token can be used")}.\n\n${rows}`,
  );
}
