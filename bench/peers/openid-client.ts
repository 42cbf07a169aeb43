import * as client from "openid-client";
import { type Endpoints, KEYS } from "./exchange.ts";

export const openidClientExchange = ({ oauthUrl, send }: Endpoints) => {
  const server = { issuer: oauthUrl, token_endpoint: oauthUrl };
  const secret = client.ClientSecretPost(KEYS.privateKey);
  const configuration = new client.Configuration(server, KEYS.publicKey, undefined, secret);
  client.allowInsecureRequests(configuration);
  // Its init has `undefined` where the platform's type has nothing.
  configuration[client.customFetch] = send as client.CustomFetch;
  return () => client.clientCredentialsGrant(configuration, { scope: "pay" });
};
