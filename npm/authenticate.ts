import { Credentials } from "./credentials.js";
import { Ending, onAbort } from "./ending.js";
import { AuthError, plainError } from "./errors.js";
import { Refusal } from "./exchange.js";
import { checkSignal } from "./given.js";
import { checkOptions, EXCHANGE_OPTIONS, snapshot } from "./options.js";
import type { AuthenticateOptions } from "./public.js";
import { Service } from "./service.js";
import { Token } from "./token.js";
import { Transport } from "./transport.js";

/** One exchange, of which nothing is kept. */
export async function authenticate(options: AuthenticateOptions): Promise<Token> {
  const own = snapshot(options, EXCHANGE_OPTIONS);
  const { signal } = snapshot(options, ["signal"]);
  const { deadlineMs, timeoutMs } = checkOptions(own);
  const caller = checkSignal(signal);
  const ending = new Ending();
  const transport = new Transport(own.fetch);
  caller?.throwIfAborted();
  const stopListening = onAbort(caller, () => ending.end());
  try {
    const outcome = await new Service(new Credentials(own), timeoutMs, transport).exchange({
      deadlineMs,
      ending,
      current: undefined,
      last: undefined,
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
    if (outcome instanceof Refusal) {
      throw outcome.error;
    }
    return new Token(outcome);
  } finally {
    stopListening();
    transport.close();
  }
}
