import { core } from "./core.js";
import { AuthError, type ErrorRecord, internalError, safeCause } from "./errors.js";
import { type Snapshot, secretsOf } from "./options.js";
import { inBrowser } from "./runtime.js";
import type { TokenRecord } from "./token.js";

/** How an exchange ended, as it comes from the core. */
type Outcome =
  | { readonly token: TokenRecord }
  | { readonly error: ErrorRecord; readonly cause: unknown }
  | { readonly aborted: unknown };

/** One attempt. Nothing when it was aborted; never rejects. */
export async function exchange(options: Snapshot): Promise<TokenRecord | AuthError | undefined> {
  const secrets = secretsOf(options);
  try {
    const outcome = (await core().exchange(options, inBrowser())) as Outcome;
    if ("token" in outcome) {
      return outcome.token;
    }
    if ("error" in outcome) {
      return new AuthError(outcome.error, safeCause(outcome.cause, secrets));
    }
    return undefined;
  } catch (thrown) {
    return internalError(thrown, secrets);
  }
}
