import * as oauth from "oauth4webapi";
import { KEYS } from "../peers/exchange.ts";
import type { Env } from "./env.ts";

export default {
  async fetch(_request: Request, { OAUTH_URL }: Env) {
    const server = { issuer: OAUTH_URL, token_endpoint: OAUTH_URL };
    const client = { client_id: KEYS.publicKey };
    const secret = oauth.ClientSecretPost(KEYS.privateKey);
    const parameters = new URLSearchParams({ scope: "pay" });
    const response = await oauth.clientCredentialsGrantRequest(server, client, secret, parameters, {
      [oauth.allowInsecureRequests]: true,
    });
    const token = await oauth.processClientCredentialsResponse(server, client, response);
    return new Response(token.access_token && "ok");
  },
};
