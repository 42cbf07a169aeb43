// Runs an exchange in the core.
import { errorOf, unlessTrapped } from "../core/call.js";
import { type AuthError, isControlFlow } from "../errors.js";
import type { Progress } from "../generated/core.js";
import type { Cancellation } from "./cancellation.js";
import { endOverdueExchanges, RunningExchange } from "./running-exchanges.js";

/** Passes a cancellation as a signal. The core accepts any object with the members of a signal. */
export const asSignal = (cancellation: Cancellation): AbortSignal =>
  cancellation as unknown as AbortSignal;

interface RunOptions {
  readonly cancellation: Cancellation;
  readonly onProgress: (progress: Progress) => void;
  /** Called when the instance of the core ends during the exchange: it has trapped or was replaced. */
  readonly onInstanceEnd: () => void;
  /** The texts that no error may show. */
  readonly secrets: readonly string[];
}

/**
 * Runs an exchange of the core to its end. Returns `undefined` if the exchange was cancelled. Rejects only with a
 * framework's control flow, which it passes on unchanged.
 */
export async function runExchange<Value>(
  { cancellation, onProgress, onInstanceEnd, secrets }: RunOptions,
  start: (report: (progress: Progress) => void) => Promise<Value>,
): Promise<Value | AuthError | undefined> {
  const exchange = new RunningExchange(cancellation);
  try {
    endOverdueExchanges();
    exchange.begin();
    const report = (progress: Progress) => {
      exchange.expectReportBy(progress.untilMs);
      // The cause can hold a secret, and all waiters get this error.
      onProgress(
        progress.step === "wait"
          ? { ...progress, error: errorOf(progress.error, secrets) }
          : progress,
      );
    };
    return await unlessTrapped(
      () => start(report),
      onInstanceEnd,
      () => exchange.isLeftBehind,
    );
  } catch (thrown) {
    if (cancellation.aborted) {
      return undefined;
    }
    if (isControlFlow(thrown)) {
      throw thrown;
    }
    return errorOf(thrown, secrets);
  } finally {
    exchange.settle();
  }
}
