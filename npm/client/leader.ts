// The leader of an exchange: it reads the store, makes the exchange, and reports each step.
import { isAuthError } from "../errors.js";
import type { TokenRecord } from "../generated/core.js";
import type { Cancellation } from "./cancellation.js";
import type { InFlight } from "./in-flight.js";
import { CoordinatorFailure, type ExchangeContext, type ExchangeResult } from "./issuer.js";
import { type LeaderContext, LedExchange } from "./led-exchange.js";

/**
 * Leads an exchange to its end. Returns the token to be stored, or `undefined` if there is none. Rejects with a
 * framework's control flow, or with a defect.
 */
export async function lead(
  context: LeaderContext,
  inFlight: InFlight,
): Promise<TokenRecord | undefined> {
  const exchange = new LedExchange(context, inFlight);
  const result = await resultOf(context, exchange, inFlight.cancellation).catch(
    (controlFlow: unknown) => {
      exchange.abandoned();
      throw controlFlow;
    },
  );
  if (result === undefined) {
    return undefined;
  }
  // The error may be of another copy of the package: a Worker's binding can reject with anything.
  if (isAuthError(result) || result instanceof CoordinatorFailure) {
    exchange.failed(result);
    return undefined;
  }
  return exchange.succeeded(result) ? result : undefined;
}

/** Returns the result of the exchange. Returns `undefined` if it was cancelled, or if the store had a token. */
async function resultOf(
  context: LeaderContext,
  exchange: LedExchange,
  cancellation: Cancellation,
): Promise<ExchangeResult | undefined> {
  const { holder, issuer, sealedStore } = context;
  const contextFor = (deadlineMs: number): ExchangeContext => ({
    deadlineMs,
    cancellation,
    current: holder.token,
    lastToken: holder.lastToken,
    onProgress: (progress) => exchange.onProgress(progress),
  });
  if (issuer.lacksKeys) {
    // A stored token can't be opened without the keys. The store counts as empty here, and is read once they are there.
    const next = exchange.storeMiss();
    if (next?.type !== "exchange") {
      return undefined;
    }
    const failure = await issuer.getKeys?.(contextFor(next.deadlineMs));
    if (failure || cancellation.aborted) {
      return failure;
    }
  }
  const next = sealedStore ? await exchange.readStore(sealedStore) : exchange.storeMiss();
  return next?.type === "exchange" ? issuer.exchange(contextFor(next.deadlineMs)) : undefined;
}
