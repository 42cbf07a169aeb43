// The messages between isolates and their coordinator: plain data, sent by the binding's own fetch.
import type { ErrorRecord } from "../errors.js";
import type { TokenRecord } from "../token.js";

/** The address of each message. A request needs a host, but no name is looked up: the binding leads to the object. */
export const ADDRESS = "https://coordinator.invalid/";

export type Message =
  /**
   * Asks for a token. `current` is the hash of the token that the isolate has: the answer should be a newer one, if the
   * coordinator gets it soon. `rejected` has the hashes of tokens that the service has answered with a 401: the answer
   * must be none of them. `reset` says that the caller has reset the client.
   */
  | {
      readonly type: "token";
      readonly current: string | undefined;
      readonly rejected: readonly string[];
      readonly reset: boolean;
    }
  /**
   * Reports the answer to a replay with the token of this hash. `unauthorized` says that it was a 401. `isDropped` says
   * that the 401 answered a request that can't be sent again, and that the isolate has dropped the token.
   */
  | {
      readonly type: "replayed";
      readonly hash: string;
      readonly unauthorized: boolean;
      readonly isDropped: boolean;
    }
  /** Reports that the caller has fixed the cause of the failures. */
  | { readonly type: "reset" };

/** The answer to a message of type `token`. */
export type CoordinatorAnswer = TokenAnswer | { readonly error: ErrorRecord };

/**
 * A token. The clocks of the isolate and the object may differ. So `endsInMs` counts from the arrival of the question,
 * in milliseconds; the isolate knows when it sent the question. `tookMs` is how long the object took, by its wall
 * clock. That clock may have jumped in that time.
 */
export interface TokenAnswer {
  readonly token: TokenRecord;
  readonly endsInMs: number;
  readonly tookMs?: number;
}

/** Returns true if the answer itself has a token. A token from a polluted prototype does not count. */
export function hasToken(answer: object): answer is TokenAnswer {
  return Object.hasOwn(answer, "token");
}

/**
 * Returns when the token ends, in milliseconds of the isolate's wall clock at the moment of receipt. A jump of either
 * clock never makes the token live longer.
 */
export function localExpiryMs(
  endsInMs: number,
  tookMs: number,
  sentAtMs: number,
  receivedAtMs: number,
): number {
  const leftMs = endsInMs - tookMs; // when the object answered
  const waitedMs = Math.max(0, Math.min(tookMs, receivedAtMs - sentAtMs));
  return Math.min(sentAtMs, receivedAtMs) + waitedMs + leftMs;
}
