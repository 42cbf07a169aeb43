// This package.
import { authenticate, createClient, type Token } from "pay4power-auth";
import { type Endpoints, KEYS } from "./hand-written-exchange.ts";
import type { MakePeer } from "./peer.ts";
import { BASE_URL, type StubService, TOKEN_URL } from "./stub-service.ts";

export const client = (service: StubService) =>
  createClient({ ...KEYS, tokenUrl: TOKEN_URL, baseUrl: BASE_URL, fetch: service.fetch });

export const pay4power: MakePeer = (service) => {
  const { getToken, fetch } = client(service);
  return { getToken: (): Promise<Token> => getToken(), fetch: (url) => fetch(url) };
};

export const pay4powerExchange =
  ({ tokenUrl, send }: Endpoints) =>
  (): Promise<Token> =>
    authenticate({ ...KEYS, tokenUrl, fetch: send });
