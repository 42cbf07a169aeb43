// The function `authenticate`: one exchange without a client.

import { onAbort } from "./abort-listeners.js";
import { checkSignal } from "./arguments.js";
import { Cancellation } from "./client/cancellation.js";
import { KeySource } from "./client/key-source.js";
import { ServiceIssuer } from "./client/service-issuer.js";
import { isAuthError, plainError } from "./errors.js";
import { Transport } from "./fetch/transport.js";
import { checkOptions, EXCHANGE_OPTIONS, ownOptionsOf } from "./options.js";
import { Token } from "./token.js";
import type { AuthenticateOptions } from "./types/index.js";

/** Makes one exchange and returns its token. Keeps nothing for later calls. */
export async function authenticate(options: AuthenticateOptions): Promise<Token> {
  const ownOptions = ownOptionsOf(options, [...EXCHANGE_OPTIONS, "signal"]);
  const { deadlineMs, timeoutMs } = checkOptions(ownOptions);
  const callerSignal = checkSignal(ownOptions.signal);
  const cancellation = new Cancellation();
  const transport = new Transport(ownOptions.fetch);
  callerSignal?.throwIfAborted();
  const stopListening = onAbort(callerSignal, () => cancellation.cancel());
  try {
    const result = await new ServiceIssuer(
      new KeySource(ownOptions),
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
    if (result === undefined) {
      // The clock jumped ahead, so another exchange counted this one as overdue and cancelled it.
      throw plainError(
        "P4P_TIMEOUT",
        `expected a token within ${deadlineMs} ms, found none`,
        undefined,
        true,
      );
    }
    if (isAuthError(result)) {
      throw result;
    }
    return new Token(result);
  } finally {
    stopListening();
    transport.close();
  }
}
