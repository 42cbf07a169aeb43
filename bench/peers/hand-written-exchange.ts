// The exchange of keys for a token, written by hand.

export interface Issued {
  readonly token: string;
  readonly expiresAtMs: number;
}

export const KEYS = { publicKey: "PUB_KEY_sandbox-bench", privateKey: "PRIV_KEY_sandbox-bench" };

type Send = (url: string, init: RequestInit) => Promise<Response>;

/** The addresses of the exchange, by the contract and by OAuth's client credentials. */
export interface Endpoints {
  readonly tokenUrl: string;
  readonly oauthUrl: string;
  readonly send: typeof fetch;
}

export const exchangeOver = (send: Send, tokenUrl: string) => async (): Promise<Issued> => {
  const headers = { "Content-Type": "application/json" };
  const response = await send(tokenUrl, { method: "POST", headers, body: JSON.stringify(KEYS) });
  if (!response.ok) {
    throw new Error(`the exchange failed with ${response.status}`);
  }
  const { data } = (await response.json()) as { data: { token: string; expiresAt: number } };
  return { token: data.token, expiresAtMs: data.expiresAt * 1_000 };
};
