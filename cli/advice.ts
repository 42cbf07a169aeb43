// The table of failures: for each code of the package the advice and the exit code. docs/on-call/codes.js has the meanings.
import type { AuthError, AuthErrorCode } from "pay4power-auth";
import { EXIT, type ExitCode } from "./exit-codes.ts";

interface Failure {
  /** What the user should do, as sentences. */
  readonly advice: string;
  /** The exit code of a failure that no retry mends. */
  readonly exitCode: ExitCode;
}

const REPORT_IT = "Report it to the maintainers of pay4power-auth, with this output.";

/** `tests/structure.test.ts` compares the codes with those of the package. */
export const FAILURES: Readonly<Record<AuthErrorCode, Failure>> = {
  P4P_INVALID_OPTIONS: {
    advice: "Correct the value.",
    exitCode: EXIT.input,
  },
  P4P_INSECURE_URL: {
    advice: "Correct PAY4POWER_TOKEN_URL.",
    exitCode: EXIT.input,
  },
  P4P_BAD_TOKEN: {
    advice: "Pass the whole token, without anything around it.",
    exitCode: EXIT.input,
  },
  P4P_CREDENTIALS_REJECTED: {
    advice:
      "Check that PAY4POWER_PUBLIC_KEY and PAY4POWER_PRIVATE_KEY are whole, belong together, and are keys of this environment.",
    exitCode: EXIT.keys,
  },
  P4P_RATE_LIMITED: {
    advice:
      "Wait, then try again. Use one client, which keeps its token, in place of many exchanges.",
    exitCode: EXIT.other,
  },
  P4P_SERVICE_UNAVAILABLE: {
    advice: "Try again later. If it goes on, ask the service's support.",
    exitCode: EXIT.other,
  },
  P4P_NETWORK: {
    advice: "Check the network, the DNS, the proxy and PAY4POWER_TOKEN_URL, then try again.",
    exitCode: EXIT.other,
  },
  P4P_TIMEOUT: {
    advice: "Try again later. If it goes on, check the network and PAY4POWER_TOKEN_URL.",
    exitCode: EXIT.other,
  },
  P4P_REDIRECTED: {
    advice: "Set PAY4POWER_TOKEN_URL to the final address of the exchange.",
    exitCode: EXIT.other,
  },
  P4P_BAD_RESPONSE: {
    advice:
      "Check PAY4POWER_TOKEN_URL. If it is right, ask the service's support, and give the correlation id.",
    exitCode: EXIT.other,
  },
  P4P_TOKEN_UNUSABLE: {
    advice:
      "Check PAY4POWER_ENVIRONMENT. If it is right, ask the service's support, and give the correlation id.",
    exitCode: EXIT.other,
  },
  P4P_BROWSER_REFUSED: {
    advice: REPORT_IT,
    exitCode: EXIT.other,
  },
  P4P_FORBIDDEN_ORIGIN: {
    advice: REPORT_IT,
    exitCode: EXIT.other,
  },
  P4P_CLOSED: {
    advice: REPORT_IT,
    exitCode: EXIT.other,
  },
  P4P_INTERNAL: {
    advice: REPORT_IT,
    exitCode: EXIT.other,
  },
};

/** Returns the exit code for an error of the package. */
export function exitCodeOf({ code, retryable }: AuthError): ExitCode {
  return retryable ? EXIT.retry : FAILURES[code].exitCode;
}
