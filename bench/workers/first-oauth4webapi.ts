import { oauth4webapiExchange } from "../peers/oauth4webapi.ts";
import type { Env } from "./env.ts";

export default {
  async fetch(_request: Request, { TOKEN_URL: tokenUrl, OAUTH_URL: oauthUrl }: Env) {
    const exchange = oauth4webapiExchange({
      tokenUrl,
      oauthUrl,
      send: (url, init) => fetch(url, init),
    });
    const { access_token: token } = await exchange();
    return new Response(token && "ok");
  },
};
