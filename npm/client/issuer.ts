import type { AuthError } from "../errors.js";
import type { Progress, TokenRecord } from "../generated/core.js";
import type { Token } from "../token.js";
import type { Cancellation } from "./cancellation.js";

/** What an exchange is made for, and with. */
export interface ExchangeContext {
  /** How long all of it may take. */
  readonly deadlineMs: number;
  readonly cancellation: Cancellation;
  /** The current token, which may be over. */
  readonly current: Token | undefined;
  /** The last token that was current, which may have been rejected since: no error may show it. */
  readonly last: Token | undefined;
  /** Called when it begins something that takes time. */
  readonly onProgress: (progress: ExchangeProgress) => void;
}

/** What the leader of an exchange is about to do, until when at the latest, and after which failure. */
export type ExchangeProgress =
  | Progress
  | {
      readonly reason: "credentials";
      readonly untilMs: number;
      readonly error: AuthError | undefined;
    };

/** What an issuer remembers that has tried for itself. It is not asked again at once. */
export class UpstreamFailure {
  readonly error: AuthError;

  constructor(error: AuthError) {
    this.error = error;
  }
}

/** What an exchange has ended in. */
export type Outcome = TokenRecord | AuthError | UpstreamFailure;

/** Where tokens come from. */
export interface TokenIssuer {
  /** Whether it must get the keys first. */
  readonly lacksKeys?: boolean;
  /** Gets them. Resolves to why that failed, if it did. Rejects only with a framework's control flow. */
  getKeys?(context: ExchangeContext): Promise<AuthError | undefined>;
  /** Makes an exchange. Nothing when it was ended. Rejects only with a framework's control flow. */
  exchange(context: ExchangeContext): Promise<Outcome | undefined>;
  /** Told what a request that was sent again with this token was answered with. */
  replayed?(token: Token, unauthorized: boolean): Promise<void>;
  /** Told that whatever was wrong has been put right. */
  reset?(): void;
}
