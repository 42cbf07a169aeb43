import { exchangeOver } from "../peers/hand-written-exchange.ts";
import { msalApplication, SCOPES } from "../peers/msal.ts";
import type { Env } from "./env.ts";

export default {
  async fetch(_request: Request, env: Env) {
    const exchange = exchangeOver((url, init) => fetch(url, init), env.TOKEN_URL);
    const application = msalApplication(exchange);
    const token = await application.acquireTokenByClientCredential({ scopes: SCOPES });
    return new Response(token?.accessToken && "ok");
  },
};
