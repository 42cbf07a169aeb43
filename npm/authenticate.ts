import { checkSignal } from "./arguments.js";
import { Cancellation, onAbort } from "./client/cancellation.js";
import { Credentials } from "./client/credentials.js";
import { UpstreamFailure } from "./client/issuer.js";
import { ServiceIssuer } from "./client/service-issuer.js";
import { AuthError, plainError } from "./errors.js";
import { Transport } from "./fetch/transport.js";
import { checkOptions, EXCHANGE_OPTIONS, snapshot } from "./options.js";
import { Token } from "./token.js";
import type { AuthenticateOptions } from "./types/index.js";

/** One exchange, of which nothing is kept. */
export async function authenticate(options: AuthenticateOptions): Promise<Token> {
  const own = snapshot(options, EXCHANGE_OPTIONS);
  const { signal } = snapshot(options, ["signal"]);
  const { deadlineMs, timeoutMs } = checkOptions(own);
  const caller = checkSignal(signal);
  const cancellation = new Cancellation();
  const transport = new Transport(own.fetch);
  caller?.throwIfAborted();
  const stopListening = onAbort(caller, () => cancellation.cancel());
  try {
    const outcome = await new ServiceIssuer(new Credentials(own), timeoutMs, transport).exchange({
      deadlineMs,
      cancellation,
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
    if (outcome instanceof UpstreamFailure) {
      throw outcome.error;
    }
    return new Token(outcome);
  } finally {
    stopListening();
    transport.close();
  }
}
