// Prints what the Worker of `npm start` answers.
import { styleText } from "node:util";
import { say } from "./project.mjs";

/** The Worker's answer: a summary of the token, or an error of the package. */
export interface Answer {
  readonly authenticated?: true;
  readonly environment: string;
  readonly tokenType: string;
  readonly expiresAt: string;
  readonly expiresInMs: number;
  readonly merchantName: string | null;
  readonly correlationId: string | null;
  readonly code?: string;
  readonly message?: string;
}

interface ShowOptions {
  /** Prints the answer as JSON. */
  readonly json: boolean;
  /** The sandbox's `baseUrl`, or `undefined` if the Worker asks the service of the environment. */
  readonly sandboxUrl: string | undefined;
}

/** Prints the answer. Returns true if it is a summary, and false if it is an error. */
export function show(answer: Answer, { json, sandboxUrl }: ShowOptions): boolean {
  if (answer.authenticated !== true) {
    say(`${styleText("red", answer.code ?? "P4P_INTERNAL")}: ${answer.message}`);
    if (answer.correlationId) {
      say(`correlation id: ${answer.correlationId}`);
    }
    return false;
  }
  if (json) {
    console.log(JSON.stringify(answer));
    return true;
  }
  const rows = [
    [
      "service",
      sandboxUrl === undefined
        ? "the one in the environment variables"
        : `sandbox, baseUrl ${sandboxUrl}`,
    ],
    ["runtime", "workerd, Rust compiled to Wasm"],
    ["environment", answer.environment],
    ["merchant", `${answer.merchantName ?? "unknown"} (as the token claims)`],
    ["type", answer.tokenType],
    ["expires", `${answer.expiresAt}, in ${duration(answer.expiresInMs)}`],
    ["correlation id", answer.correlationId ?? "none"],
  ];
  console.log(
    `\n${styleText("green", "✓")} The Worker has exchanged its keys for a bearer token.\n`,
  );
  for (const [name, value] of rows) {
    console.log(`  ${styleText("dim", (name ?? "").padEnd(16))}${value}`);
  }
  return true;
}

/** Returns a duration in seconds or minutes, for people. */
function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}
