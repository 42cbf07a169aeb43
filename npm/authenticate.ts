// The function `authenticate`: one exchange without a client.
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

/** Makes one exchange and returns its token. Keeps nothing for later calls. */
export async function authenticate(options: AuthenticateOptions): Promise<Token> {
  const ownOptions = snapshot(options, EXCHANGE_OPTIONS);
  const { signal } = snapshot(options, ["signal"]);
  const { deadlineMs, timeoutMs } = checkOptions(ownOptions);
  const callerSignal = checkSignal(signal);
  const cancellation = new Cancellation();
  const transport = new Transport(ownOptions.fetch);
  callerSignal?.throwIfAborted();
  const stopListening = onAbort(callerSignal, () => cancellation.cancel());
  try {
    const outcome = await new ServiceIssuer(
      new Credentials(ownOptions),
      timeoutMs,
      transport,
    ).exchange({
      deadlineMs,
      cancellation,
      current: undefined,
      lastToken: undefined,
      onProgress() {},
    });
    callerSignal?.throwIfAborted();
    if (outcome === undefined) {
      // The clock jumped. By its new time this exchange was overdue when another one began and ended it.
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
