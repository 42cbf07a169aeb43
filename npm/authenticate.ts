import { serviceOf } from "./exchange.js";
import { checkOptions, secretsOf, snapshot } from "./options.js";
import type { AuthenticateOptions } from "./public.js";
import { TokenSource } from "./source.js";
import type { Token } from "./token.js";

/** A client that is asked once. */
export async function authenticate(options: AuthenticateOptions): Promise<Token> {
  const { signal, baseUrl, refreshAhead, store, waitUntil, onEvent, ...own } = snapshot(options);
  const policy = checkOptions(own);
  const source = new TokenSource({ policy, origin: serviceOf(own), secrets: secretsOf(own) });
  try {
    return await source.getToken({ signal: signal as AbortSignal | undefined });
  } finally {
    source.close();
  }
}
