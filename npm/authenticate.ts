import { Ending } from "./ending.js";
import { AuthError, plainError } from "./errors.js";
import { serviceOf } from "./exchange.js";
import { describe, invalidOption } from "./given.js";
import { checkOptions, EXCHANGE_OPTIONS, snapshot } from "./options.js";
import type { AuthenticateOptions } from "./public.js";
import { Token } from "./token.js";

/** One exchange, of which nothing is kept. */
export async function authenticate(options: AuthenticateOptions): Promise<Token> {
  const own = snapshot(options, EXCHANGE_OPTIONS);
  const { signal } = snapshot(options, ["signal"]);
  const { deadlineMs } = checkOptions(own);
  const caller = checkSignal(signal);
  const ending = new Ending();
  const leave = () => ending.end();
  caller?.throwIfAborted();
  caller?.addEventListener("abort", leave);
  try {
    const outcome = await serviceOf(own).exchange({
      deadlineMs,
      ending,
      current: undefined,
      onProgress() {},
    });
    caller?.throwIfAborted();
    if (outcome === undefined) {
      // Its time was over, by a clock that has jumped, when another exchange began.
      throw plainError(
        "P4P_TIMEOUT",
        `expected a token within ${deadlineMs} ms, found none`,
        undefined,
        true,
      );
    }
    if (outcome instanceof AuthError) {
      throw outcome;
    }
    if ("refused" in outcome) {
      throw outcome.refused;
    }
    return new Token(outcome);
  } finally {
    caller?.removeEventListener("abort", leave);
  }
}

/** The caller's signal, of any realm. */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (
    signal !== undefined &&
    typeof (signal as AbortSignal | null)?.throwIfAborted !== "function"
  ) {
    throw invalidOption("signal", "an AbortSignal", describe(signal));
  }
  return signal as AbortSignal | undefined;
}
