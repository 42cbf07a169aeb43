// openid-client.
import * as client from "openid-client";
import { type Endpoints, KEYS } from "./hand-written-exchange.ts";

export const openidClientExchange = ({ oauthUrl, send }: Endpoints) => {
  const server = { issuer: oauthUrl, token_endpoint: oauthUrl };
  const secret = client.ClientSecretPost(KEYS.privateKey);
  const configuration = new client.Configuration(server, KEYS.publicKey, undefined, secret);
  client.allowInsecureRequests(configuration);
  // The type of its init allows `undefined`, and the platform's type does not.
  configuration[client.customFetch] = send as client.CustomFetch;
  return () => client.clientCredentialsGrant(configuration, { scope: "pay" });
};
