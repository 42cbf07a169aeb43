// What isolates and their coordinator tell each other: plain data, over the binding's own fetch.
import type { ErrorRecord } from "../errors.js";
import type { TokenRecord } from "../token.js";

/** A request needs a host. Nobody ever looks it up: the binding leads to the object alone. */
export const ADDRESS = "https://coordinator.invalid/";

export type Message =
  /**
   * A token, please; a newer one than that with the hash `current`, if it can be had soon, and none
   * of those with the hashes `rejected`, which the service has answered with a 401.
   */
  | {
      readonly type: "token";
      readonly current: string | undefined;
      readonly rejected: readonly string[];
      readonly reset: boolean;
    }
  /**
   * A request that was sent again with the token of this hash was answered with a 401, or not. Or one
   * that can't be sent again was, and the token is dropped.
   */
  | {
      readonly type: "replayed";
      readonly hash: string;
      readonly unauthorized: boolean;
      readonly isDropped: boolean;
    }
  /** Whatever was wrong has been put right. */
  | { readonly type: "reset" };

/** The answer to a message of type `token`. */
export type Answer = TokenAnswer | { readonly error: ErrorRecord };

/**
 * A token. The clocks of the isolate and the object may differ. So `endsInMs`
 * counts from the arrival of the question; the isolate knows when it sent the question. `tookMs` is how long
 * the object took, by its wall clock, which somebody may have put ahead or back in that time.
 */
export interface TokenAnswer {
  readonly token: TokenRecord;
  readonly endsInMs: number;
  readonly tookMs?: number;
}

/** Whether an answer has a token of its own: a polluted prototype is none. */
export function hasToken(answer: object): answer is TokenAnswer {
  return Object.hasOwn(answer, "token");
}

/**
 * When the token ends, by the isolate's wall clock at the moment of receipt. A jump of either clock never makes
 * the token live longer.
 */
export function endOf(endsInMs: number, tookMs: number, sentAtMs: number, receivedAtMs: number) {
  const leftMs = endsInMs - tookMs; // when the object answered
  const waitedMs = Math.max(0, Math.min(tookMs, receivedAtMs - sentAtMs));
  return Math.min(sentAtMs, receivedAtMs) + waitedMs + leftMs;
}
