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

/**
 * The answer to a message of type `token`. Two clocks may differ, so the token's end is told as a time
 * from the moment when the question came: whoever asked knows when it was sent.
 */
export type Answer =
  | { readonly type: "token"; readonly token: TokenRecord; readonly endsInMs: number }
  | { readonly type: "error"; readonly error: ErrorRecord };
