// Reports a failure: in words, or as JSON.
import { type AuthError, isAuthError } from "pay4power-auth";
import { CODES } from "../docs/on-call/codes.js";
import { exitCodeOf, FAILURES } from "./advice.ts";
import { CommandError } from "./command-error.ts";
import { type Exchange, ExchangeFailure } from "./exchange.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { note, painter, print, printJson, table, visible } from "./output.ts";
import { VARIABLES } from "./settings.ts";
import { duration } from "./words.ts";

interface ReportOptions {
  readonly json: boolean;
  /** Where the report in words goes. One sentence about wrong input always goes to stderr. */
  readonly stream: NodeJS.WriteStream;
}

/** Reports the failure. Returns the exit code. */
export function reportFailure(thrown: unknown, { json, stream }: ReportOptions): ExitCode {
  const { error, exchange } = partsOf(thrown);
  if (error === undefined) {
    const { code, message } = ownError(thrown);
    if (json) {
      printJson({ error: { code, message, ...NOTHING } });
    } else {
      complain(message);
    }
    return code === "CLI_FAILED" ? EXIT.other : EXIT.input;
  }
  const exitCode = exitCodeOf(error);
  if (json) {
    printJson({ error: recordOf(error, exchange) });
  } else if (exitCode === EXIT.input) {
    complain(messageOf(error));
  } else {
    print(reportOf(error, exchange, stream), stream);
  }
  return exitCode;
}

function partsOf(thrown: unknown): { error?: AuthError; exchange?: Exchange } {
  if (thrown instanceof ExchangeFailure) {
    return thrown;
  }
  return isAuthError(thrown) ? { error: thrown } : {};
}

/** Returns the code and the message of an error that is not the package's. */
function ownError(thrown: unknown): { code: string; message: string } {
  if (thrown instanceof CommandError) {
    return thrown;
  }
  // Its text is unknown, so it may hold a secret.
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return { code: "CLI_FAILED", message: `the command line failed where it should not (${name})` };
}

function complain(message: string): void {
  const { red } = painter(process.stderr);
  note(`${red("pay4power-auth:")} ${visible(message)}`);
}

/** The members of `error` in JSON after `code` and `message`, for a mistake that the command line found by itself. */
const NOTHING = {
  host: null,
  correlationId: null,
  retryable: false,
  retryAfterMs: null,
  status: null,
  advice: null,
} as const;

function recordOf(error: AuthError, exchange: Exchange | undefined): object {
  const { cause } = error.toJSON();
  return {
    code: error.code,
    message: messageOf(error),
    host: exchange?.host ?? null,
    correlationId: error.correlationId,
    retryable: error.retryable,
    retryAfterMs: error.retryAfterMs,
    status: error.status,
    advice: adviceFor(error, exchange),
    ...(cause && { cause }),
    ...(exchange && { durationMs: exchange.durationMs, attempts: exchange.attempts }),
  };
}

function reportOf(
  error: AuthError,
  exchange: Exchange | undefined,
  stream: NodeJS.WriteStream,
): string {
  const { red, bold } = painter(stream);
  const cause = error.toJSON().cause?.code;
  const rows = table(
    [
      ["code", error.code],
      ["detail", messageOf(error)],
      ["cause", cause === undefined ? undefined : String(cause)],
      ["host", exchange?.host],
      ["environment", exchange?.settings.environment],
      ["keys from", exchange?.settings.source],
      ["correlation id", error.correlationId],
      ["took", exchange && tookOf(exchange)],
      ["retry", retryOf(error)],
      ["what to do", adviceFor(error, exchange)],
    ],
    stream,
  );
  return `${red("✗")} ${bold(CODES[error.code].meaning)}\n\n${rows}`;
}

/** Returns the duration of an exchange and the number of its attempts. */
export function tookOf({ durationMs, attempts }: Exchange): string {
  return `${duration(durationMs)}, ${attempts} ${attempts === 1 ? "attempt" : "attempts"}`;
}

function retryOf({ retryable, retryAfterMs }: AuthError): string {
  if (!retryable) {
    return "does not help";
  }
  return retryAfterMs === null ? "may help" : `may help, in ${duration(retryAfterMs)}`;
}

function adviceFor(error: AuthError, exchange: Exchange | undefined): string {
  const isWithoutSandbox = error.code === "P4P_NETWORK" && exchange?.settings.isSandbox;
  return isWithoutSandbox
    ? "Start the sandbox in another terminal: npx pay4power-auth sandbox"
    : FAILURES[error.code].advice;
}

/** Returns the message with the names of the variables, in place of the package's options. */
function messageOf({ message }: AuthError): string {
  return Object.entries(VARIABLES).reduce(
    (text, [option, variable]) => text.replaceAll(`\`${option}\``, variable),
    message,
  );
}
