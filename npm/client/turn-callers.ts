// The callers of one turn, which wait for a token together.
import { queueMicrotask } from "../core/host.js";
import { isControlFlow } from "../errors.js";
import type { Token } from "../token.js";

/**
 * Lets all callers of one turn share a wait: on Workers a turn belongs to one request, as a promise does. If the first
 * caller leads and a framework ends its render, the other callers may belong to another render. Then they share a
 * second wait.
 */
export class TurnCallers {
  readonly #wait: () => Promise<Token>;
  #turn: { readonly first: Promise<Token>; others: Promise<Token> | undefined } | undefined;

  constructor(wait: () => Promise<Token>) {
    this.#wait = wait;
  }

  /** Returns the wait of the callers of this turn. Begins one for the first of them. */
  wait(): Promise<Token> {
    const turn = this.#turn;
    if (turn) {
      turn.others ??= turn.first.catch((thrown: unknown) => {
        if (isControlFlow(thrown)) {
          return this.#wait();
        }
        throw thrown;
      });
      return turn.others;
    }
    const first = this.#wait();
    this.#turn = { first, others: undefined };
    queueMicrotask(() => {
      this.#turn = undefined;
    });
    return first;
  }
}
