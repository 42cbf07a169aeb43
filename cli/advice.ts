// The table of failures: for each code of the package the meaning, the advice and the exit code.
import type { AuthError, AuthErrorCode } from "pay4power-auth";
import { EXIT, type ExitCode } from "./exit-codes.ts";

interface Failure {
  /** The meaning of the code, as a sentence. */
  readonly meaning: string;
  /** What the user should do, as sentences. */
  readonly advice: string;
  /** The exit code of a failure that no retry mends. */
  readonly exitCode: ExitCode;
}

const REPORT_IT = "Report it to the maintainers of pay4power-auth, with this output.";

/** `tests/structure.test.ts` compares the codes with those of the package. */
export const FAILURES: Readonly<Record<AuthErrorCode, Failure>> = {
  P4P_INVALID_OPTIONS: {
    meaning: "A value is missing or not valid",
    advice: "Correct the value.",
    exitCode: EXIT.input,
  },
  P4P_INSECURE_URL: {
    meaning: "The address would expose the keys",
    advice: "Correct PAY4POWER_TOKEN_URL.",
    exitCode: EXIT.input,
  },
  P4P_BAD_TOKEN: {
    meaning: "The text is not a JWT",
    advice: "Pass the whole token, without anything around it.",
    exitCode: EXIT.input,
  },
  P4P_CREDENTIALS_REJECTED: {
    meaning: "The service does not accept the keys",
    advice:
      "Check that PAY4POWER_PUBLIC_KEY and PAY4POWER_PRIVATE_KEY are whole, belong together, and are keys of this environment.",
    exitCode: EXIT.keys,
  },
  P4P_RATE_LIMITED: {
    meaning: "The service asks for fewer calls",
    advice:
      "Wait, then try again. Use one client, which keeps its token, in place of many exchanges.",
    exitCode: EXIT.other,
  },
  P4P_SERVICE_UNAVAILABLE: {
    meaning: "The service cannot answer now",
    advice: "Try again later. If it goes on, ask the service's support.",
    exitCode: EXIT.other,
  },
  P4P_NETWORK: {
    meaning: "There is no connection to the service, or it broke",
    advice: "Check the network, the DNS, the proxy and PAY4POWER_TOKEN_URL, then try again.",
    exitCode: EXIT.other,
  },
  P4P_TIMEOUT: {
    meaning: "The service did not answer in time",
    advice: "Try again later. If it goes on, check the network and PAY4POWER_TOKEN_URL.",
    exitCode: EXIT.other,
  },
  P4P_REDIRECTED: {
    meaning: "The service answered with a redirect, which would carry the keys elsewhere",
    advice: "Set PAY4POWER_TOKEN_URL to the final address of the exchange.",
    exitCode: EXIT.other,
  },
  P4P_BAD_RESPONSE: {
    meaning: "The answer does not follow the API's contract",
    advice:
      "Check PAY4POWER_TOKEN_URL. If it is right, ask the service's support, and give the correlation id.",
    exitCode: EXIT.other,
  },
  P4P_TOKEN_UNUSABLE: {
    meaning: "The service gave a token that cannot be used",
    advice:
      "Check PAY4POWER_ENVIRONMENT. If it is right, ask the service's support, and give the correlation id.",
    exitCode: EXIT.other,
  },
  P4P_BROWSER_REFUSED: {
    meaning: "The package takes this program for a page in a browser",
    advice: REPORT_IT,
    exitCode: EXIT.other,
  },
  P4P_FORBIDDEN_ORIGIN: {
    meaning: "The address is outside the base address",
    advice: REPORT_IT,
    exitCode: EXIT.other,
  },
  P4P_CLOSED: {
    meaning: "The client is closed",
    advice: REPORT_IT,
    exitCode: EXIT.other,
  },
  P4P_INTERNAL: {
    meaning: "The package failed where it should not",
    advice: REPORT_IT,
    exitCode: EXIT.other,
  },
};

/** Returns the exit code for an error of the package. */
export function exitCodeOf({ code, retryable }: AuthError): ExitCode {
  return retryable ? EXIT.retry : FAILURES[code].exitCode;
}
