import { exchangeOver } from "../peers/exchange.ts";
import { msalApplication } from "../peers/msal.ts";
import type { Env } from "./env.ts";

export default {
  async fetch(_request: Request, env: Env) {
    const exchange = exchangeOver((url, init) => fetch(url, init), env.TOKEN_URL);
    const scopes = ["https://service.example/.default"];
    const token = await msalApplication(exchange).acquireTokenByClientCredential({ scopes });
    return new Response(token?.accessToken && "ok");
  },
};
