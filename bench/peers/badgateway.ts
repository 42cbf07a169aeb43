// @badgateway/oauth2-client.
import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client";
import { type Endpoints, KEYS } from "./hand-written-exchange.ts";
import type { MakePeer } from "./peer.ts";
import { TOKEN_URL } from "./stub-service.ts";

export const badgateway: MakePeer = (service) => {
  const oauth = new OAuth2Fetch({
    client: new OAuth2Client({ clientId: KEYS.publicKey, tokenEndpoint: TOKEN_URL }),
    async getNewToken() {
      const { token, expiresAtMs } = await service.exchange();
      return { accessToken: token, expiresAt: expiresAtMs, refreshToken: null };
    },
    scheduleRefresh: false, // its timers would keep the process alive
  });
  const middleware = oauth.mw();
  return {
    getToken: () => oauth.getAccessToken(),
    fetch: (url) => middleware(new Request(url), service.fetch),
  };
};

export const badgatewayExchange = ({ oauthUrl, send }: Endpoints) => {
  const client = new OAuth2Client({
    clientId: KEYS.publicKey,
    clientSecret: KEYS.privateKey,
    tokenEndpoint: oauthUrl,
    authenticationMethod: "client_secret_post",
    fetch: send,
  });
  return () => client.clientCredentials({ scope: ["pay"] });
};
