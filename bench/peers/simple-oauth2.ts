// simple-oauth2.
import { ClientCredentials } from "simple-oauth2";
import { type Endpoints, KEYS } from "./hand-written-exchange.ts";

/** It takes no `fetch`, so it is measured over sockets only. */
export const simpleOauth2Exchange = ({ oauthUrl }: Endpoints) => {
  const { origin: tokenHost, pathname: tokenPath } = new URL(oauthUrl);
  const client = new ClientCredentials({
    client: { id: KEYS.publicKey, secret: KEYS.privateKey },
    auth: { tokenHost, tokenPath },
  });
  return () => client.getToken({ scope: "pay" });
};
