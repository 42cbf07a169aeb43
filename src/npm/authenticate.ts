import { checkOptions, snapshot } from "./options.js";
import type { AuthenticateOptions } from "./public.js";
import { TokenSource } from "./source.js";
import type { Token } from "./token.js";

/** A client that is asked once. */
export async function authenticate(options: AuthenticateOptions): Promise<Token> {
  const { signal, baseUrl, refreshAhead, waitUntil, onEvent, ...own } = snapshot(options);
  const policy = checkOptions({ ...own, signal });
  const source = new TokenSource(own, policy);
  try {
    return await source.getToken({ signal: signal as AbortSignal | undefined });
  } finally {
    source.close();
  }
}
