import { core } from "./core.js";
import { AuthError, type ErrorRecord, internalError, safeCause } from "./errors.js";
import { type Snapshot, secretsOf, snapshot } from "./options.js";
import type { AuthenticateOptions } from "./public.js";
import { inBrowser } from "./runtime.js";
import { Token, type TokenRecord } from "./token.js";

/** How an exchange ended, as it comes from the core. */
type Outcome =
  | { readonly token: TokenRecord }
  | { readonly error: ErrorRecord; readonly cause: unknown }
  | { readonly aborted: unknown };

export async function authenticate(options: AuthenticateOptions): Promise<Token> {
  return exchange(snapshot(options));
}

async function exchange(options: Snapshot): Promise<Token> {
  const secrets = secretsOf(options);
  let outcome: Outcome;
  try {
    outcome = (await core().exchange(options, inBrowser())) as Outcome;
  } catch (thrown) {
    throw internalError(thrown, secrets);
  }
  if ("token" in outcome) {
    return new Token(outcome.token);
  }
  if ("error" in outcome) {
    throw new AuthError(outcome.error, safeCause(outcome.cause, secrets));
  }
  throw outcome.aborted;
}
