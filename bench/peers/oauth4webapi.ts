// oauth4webapi.
import * as oauth from "oauth4webapi";
import { type Endpoints, KEYS } from "./hand-written-exchange.ts";

export const oauth4webapiExchange = ({ oauthUrl, send }: Endpoints) => {
  const server = { issuer: oauthUrl, token_endpoint: oauthUrl };
  const client = { client_id: KEYS.publicKey };
  const secret = oauth.ClientSecretPost(KEYS.privateKey);
  const options = { [oauth.allowInsecureRequests]: true, [oauth.customFetch]: send };
  return async () => {
    const parameters = new URLSearchParams({ scope: "pay" });
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      secret,
      parameters,
      options,
    );
    return oauth.processClientCredentialsResponse(server, client, response);
  };
};
