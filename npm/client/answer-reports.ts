// What the answers to requests say about a token: a 401, and the answer to a replay.
import type { Token } from "../token.js";
import type { SourceContext } from "./source-parts.js";

/** Reports answers to the lifecycle and to the issuer. Many requests share a token, but each fact is reported once. */
export class AnswerReports {
  readonly #context: SourceContext;
  /** The last token that a 401 has ended. */
  #rejectedToken: Token | undefined;
  /** The last token with which a replay was accepted. */
  #acceptedToken: Token | undefined;

  constructor(context: SourceContext) {
    this.#context = context;
  }

  /**
   * Reports that the answer to a request with this token was a 401. `canBeSentAgain` says that a replay of the request
   * is possible. Returns true if the caller should replay it with another token.
   */
  unauthorized(token: Token, canBeSentAgain: boolean): boolean | Promise<boolean> {
    const { holder, rejectedTokens, emit } = this.#context;
    // A store may have brought the same token again, as another object.
    const rejected = token.value === holder.token?.value ? holder.token : token;
    if (rejected === this.#rejectedToken) {
      return canBeSentAgain; // the lifecycle has allowed replays, and this token never becomes current again
    }
    const monotonicNowMs = holder.readClocks();
    const number = holder.numberOf(rejected);
    const mayReplay = holder.lifecycle.call((lifecycle) =>
      lifecycle.unauthorized(monotonicNowMs, number),
    );
    if (!mayReplay) {
      return false;
    }
    this.#rejectedToken = rejected;
    rejectedTokens?.add(rejected);
    if (rejected === holder.token) {
      holder.drop();
      emit("token.rejected", { correlationId: rejected.correlationId });
      if (!canBeSentAgain) {
        // Without a replay the client can't learn if a new token would help. It assumes that none would.
        return this.replayed(rejected, true)?.then(() => false) ?? false;
      }
    }
    return canBeSentAgain;
  }

  /**
   * Reports the answer to a replay with this token. `unauthorized` says that it was another 401. Returns the wait for
   * the issuer, if it is told too.
   */
  replayed(token: Token, unauthorized: boolean): Promise<void> | undefined {
    if (!unauthorized) {
      if (token === this.#acceptedToken) {
        return undefined;
      }
      this.#acceptedToken = token;
    }
    const { holder, issuer } = this.#context;
    const monotonicNowMs = holder.readClocks();
    const number = holder.numberOf(token);
    const isNews = holder.lifecycle.callIfAlive((lifecycle) =>
      lifecycle.replayed(monotonicNowMs, number, unauthorized),
    );
    return isNews || !unauthorized ? issuer.replayed?.(token, unauthorized) : undefined;
  }
}
