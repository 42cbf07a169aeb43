// The interface of an issuer of tokens, and the results of its exchanges.
import type { AuthError } from "../errors.js";
import type { Progress, TokenRecord } from "../generated/core.js";
import type { Token } from "../token.js";
import type { Cancellation } from "./cancellation.js";

/** The inputs of an exchange. */
export interface ExchangeContext {
  /** How long the whole exchange may take, in milliseconds. */
  readonly deadlineMs: number;
  readonly cancellation: Cancellation;
  /** The current token, which may have expired. */
  readonly current: Token | undefined;
  /** The last token that was current. It may have been rejected since. No error may show it. */
  readonly lastToken: Token | undefined;
  /** Called when the exchange begins a step that takes time. */
  readonly onProgress: (progress: ExchangeProgress) => void;
}

/**
 * The step that the leader of an exchange begins. `untilMs` is its latest end by the monotonic clock, in milliseconds.
 * `error` is the failure before it.
 */
export type ExchangeProgress =
  | Progress
  | {
      readonly step: "credentials";
      readonly untilMs: number;
      readonly error: AuthError | undefined;
    };

/** A failure that the issuer remembers, after attempts of its own. The client does not ask it again at once. */
export class CoordinatorFailure {
  readonly error: AuthError;

  constructor(error: AuthError) {
    this.error = error;
  }
}

/** The result of an exchange. */
export type ExchangeResult = TokenRecord | AuthError | CoordinatorFailure;

/** The origin of new tokens: the service, or a coordinator. */
export interface TokenIssuer {
  /** True if the issuer must get the keys first. */
  readonly lacksKeys?: boolean;
  /** Gets the keys. Resolves to an error if that failed. Rejects only with a framework's control flow. */
  getKeys?(context: ExchangeContext): Promise<AuthError | undefined>;
  /** Makes an exchange. Resolves to `undefined` if it was cancelled. Rejects only with a framework's control flow. */
  exchange(context: ExchangeContext): Promise<ExchangeResult | undefined>;
  /** Hears of a replay with this token. `unauthorized` is true if the answer was another 401. */
  replayed?(token: Token, unauthorized: boolean): Promise<void>;
  /** Forgets earlier failures: the caller says that their cause is fixed. */
  reset?(): void;
}
