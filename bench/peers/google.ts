// google-auth-library.
import { OAuth2Client } from "google-auth-library";
import type { MakePeer } from "./peer.ts";
import type { StubService } from "./stub-service.ts";

function client(service: StubService): OAuth2Client {
  const oauth = new OAuth2Client({
    eagerRefreshThresholdMillis: service.renewEarlyMs,
    forceRefreshOnFailure: true,
    transporterOptions: { fetchImplementation: service.fetch as typeof fetch },
  });
  oauth.refreshHandler = async () => {
    const { token, expiresAtMs } = await service.exchange();
    return { access_token: token, expiry_date: expiresAtMs };
  };
  return oauth;
}

/** google-auth-library with its own `fetch`. */
export const google: MakePeer = (service) => {
  const oauth = client(service);
  return {
    getToken: () => oauth.getAccessToken(),
    fetch: (url) => oauth.fetch({ url, responseType: "stream" }),
  };
};

/** google-auth-library's headers, with the platform's `fetch`. */
export const googleHeaders: MakePeer = (service) => {
  const oauth = client(service);
  return {
    fetch: async (url) => service.fetch(url, { headers: await oauth.getRequestHeaders(url) }),
  };
};
