// Compiled, never run: what the declarations allow, and what they refuse.
import {
  AuthError,
  type AuthErrorCode,
  type AuthenticateOptions,
  authenticate,
  type Client,
  type ClientEvent,
  type ClientState,
  createClient,
  decodeClaims,
  isAuthError,
  Token,
  type TokenClaims,
  VERSION,
} from "pay4power-auth";

const keys = { publicKey: "PUB_KEY_sandbox", privateKey: "PRIV_KEY_sandbox" };

export async function use(signal: AbortSignal): Promise<string | number> {
  const options: AuthenticateOptions = {
    ...keys,
    environment: undefined,
    tokenUrl: new URL("https://pay4power.example"),
    timeoutMs: 1_000,
    retries: 0,
    deadlineMs: 5_000,
    authorization: "Bearer gateway",
    signal,
    fetch: (url, init) => fetch(url, init),
    dangerouslyAllowBrowser: false,
  };
  try {
    const token: Token = await authenticate(options);
    const end: Date = token.expiresAt;
    const claims: TokenClaims | null = token.claims;
    const unknown: unknown = claims?.["added_later"];
    const tier: string | undefined = claims?.tier;
    const kind: "Bearer" = token.tokenType;
    const expired: boolean = token.isExpired({ leewayMs: 5_000 }) || token.isExpired();
    return [end, unknown, tier, kind, expired, token.expiresInMs()].join();
  } catch (error) {
    if (!isAuthError(error)) {
      throw error;
    }
    const code: AuthErrorCode = error.code;
    switch (code) {
      case "P4P_CREDENTIALS_REJECTED":
        return error.correlationId ?? VERSION;
      default:
        return error.retryAfterMs ?? error.status ?? 0;
    }
  }
}

/** Each event has the members that it has, and no others. */
export function told(event: ClientEvent): string | number | undefined {
  switch (event.type) {
    case "exchange.start":
      return event.attempt + event.exchangeId;
    case "cooldown.start":
      return event.durationMs;
    case "store.miss":
      return event.reason === "older" ? undefined : event.reason;
    case "token.rejected":
      // @ts-expect-error it is of no exchange
      return event.exchangeId;
    case "replay.withheld":
      // @ts-expect-error no such reason
      return event.reason === "older" ? 1 : event.correlationId;
    default:
      // @ts-expect-error not all of the others have it
      return event.durationMs;
  }
}

export function healthOf({ state, getToken }: Client): [ClientState["token"], Promise<Token>] {
  return [state().token, getToken()];
}
createClient({ ...keys, requestTimeoutMs: 30_000 }).close();
// @ts-expect-error milliseconds are a number
createClient({ ...keys, requestTimeoutMs: "30s" });
createClient({ credentials: async () => keys }).close();
createClient({ credentials: () => keys, store: undefined }).close();
// @ts-expect-error either the keys or the function
createClient({ ...keys, credentials: () => keys });
// @ts-expect-error the function gives both keys
createClient({ credentials: async () => ({ publicKey: "PUB_KEY_sandbox" }) });
// @ts-expect-error one of the two ways
createClient({ environment: "LIVE" });
// @ts-expect-error one exchange has its keys
authenticate({ credentials: () => keys });
// @ts-expect-error a private key is needed
authenticate({ publicKey: "PUB_KEY_sandbox" });
// @ts-expect-error null is an error
authenticate({ ...keys, environment: null });
// @ts-expect-error milliseconds are a number
authenticate({ ...keys, timeoutMs: "10s" });
// @ts-expect-error options are needed
authenticate();
// @ts-expect-error a token is made by the service only
new Token();
// @ts-expect-error nor is an error made by others
new AuthError();
// @ts-expect-error a token is text
decodeClaims(42);
declare const token: Token;
// @ts-expect-error a token does not change
token.expiresAtMs = 0;
declare const code: AuthErrorCode;
// @ts-expect-error there is no such code
export const wrong = code === "P4P_UNKNOWN";
