// @azure/msal-node.
import { ConfidentialClientApplication, type INetworkModule } from "@azure/msal-node";
import { type Endpoints, exchangeOver, type Issued } from "./hand-written-exchange.ts";
import type { MakePeer } from "./peer.ts";

const HOST = "login.service.example";
const AUTHORITY = `https://${HOST}/tenant`;
const METADATA = {
  issuer: `${AUTHORITY}/v2.0`,
  authorization_endpoint: `${AUTHORITY}/oauth2/v2.0/authorize`,
  token_endpoint: `${AUTHORITY}/oauth2/v2.0/token`,
  jwks_uri: `${AUTHORITY}/discovery/v2.0/keys`,
};
export const SCOPES = ["https://service.example/.default"];

/** Makes an application. It gets the metadata, so that its only request is the exchange. */
export function msalApplication(exchange: () => Promise<Issued>): ConfidentialClientApplication {
  const answer = async <T>() => {
    const { token, expiresAtMs } = await exchange();
    const expires_in = Math.round((expiresAtMs - Date.now()) / 1_000);
    return {
      headers: {},
      status: 200,
      body: { token_type: "Bearer", access_token: token, expires_in } as T,
    };
  };
  const networkClient: INetworkModule = {
    sendGetRequestAsync: answer,
    sendPostRequestAsync: answer,
  };
  return new ConfidentialClientApplication({
    auth: {
      clientId: "bench",
      clientSecret: "bench-secret",
      authority: AUTHORITY,
      knownAuthorities: [HOST],
      authorityMetadata: JSON.stringify(METADATA),
    },
    system: { networkClient },
  });
}

export const msal: MakePeer = (service) => {
  const application = msalApplication(service.exchange);
  return { getToken: () => application.acquireTokenByClientCredential({ scopes: SCOPES }) };
};

export const msalExchange = ({ tokenUrl, send }: Endpoints) => {
  const application = msalApplication(exchangeOver(send, tokenUrl));
  return () => application.acquireTokenByClientCredential({ scopes: SCOPES, skipCache: true });
};
