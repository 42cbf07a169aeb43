// Notes on the compared packages, for the report: how each is set up, and what it lacks.

export interface PeerNote {
  readonly name: string;
  /** Its packages. */
  readonly packages: readonly string[];
  readonly setUp: string;
  /** What it lacks. The report has no number for that. */
  readonly limits: string;
}

export const OURS = "pay4power-auth";
export const HAND_WRITTEN = "hand-written";
/** Sends one token for ever. */
export const CONSTANT_HEADER = "a constant header";

export const PEER_NOTES: readonly PeerNote[] = [
  {
    name: HAND_WRITTEN,
    packages: [],
    setUp: "a class of about 40 lines: `bench/peers/hand-written.ts`",
    limits:
      "renews no token in the background; leaves bodies of 401 answers unread; has no check of the address, no circuit, no store",
  },
  {
    name: "@azure/core-rest-pipeline",
    packages: ["@azure/core-rest-pipeline", "@azure/core-auth"],
    setUp:
      "a pipeline with its bearer token policy alone; `Headers` as its own client for fetch makes them",
    limits:
      "has no call that only gives a token: where others have one, its `fetch` is measured; asks for no new token after a plain 401",
  },
  {
    name: "@smithy/core",
    packages: ["@smithy/core"],
    setUp: "`memoizeIdentityProvider`",
    limits: "sends no requests; renews no token in the background",
  },
  {
    name: "google-auth-library",
    packages: ["google-auth-library"],
    setUp: "`OAuth2Client` with a `refreshHandler` and `forceRefreshOnFailure`",
    limits: "makes one exchange per caller when a `refreshHandler` gives the token",
  },
  {
    name: "@azure/msal-node",
    packages: ["@azure/msal-node"],
    setUp:
      "`ConfidentialClientApplication`, client credentials, metadata given, own `networkClient`",
    limits:
      "makes one exchange per caller; sends no requests; renews 5 minutes before the end, always",
  },
  {
    name: "@badgateway/oauth2-client",
    packages: ["@badgateway/oauth2-client"],
    setUp: "`OAuth2Fetch.mw()`, without its timer",
    limits: "hands a token out until its very end",
  },
  {
    name: "@octokit/auth-app",
    packages: ["@octokit/auth-app", "@octokit/request"],
    setUp: "an installation's token and `auth.hook`",
    limits:
      "keeps each token for 59 minutes, however long it lives; sends the same token again after a 401",
  },
  {
    name: "axios-auth-refresh",
    packages: ["axios", "axios-auth-refresh"],
    setUp: "an instance of axios with an interceptor and an adapter that calls the stub",
    limits: "does not know when a token ends; of requests under way, it repeats only the first",
  },
  {
    name: "ky",
    packages: ["ky"],
    setUp: "`beforeRequest` with the hand-written class, `afterResponse` with `ky.retry`",
    limits: "keeps no token; makes one exchange per request after a 401, and waits 300 ms",
  },
  {
    name: "simple-oauth2",
    packages: ["simple-oauth2"],
    setUp: "`ClientCredentials`",
    limits: "takes no fetch; keeps no token, sends no requests: makes one exchange per caller",
  },
  {
    name: "oauth4webapi",
    packages: ["oauth4webapi"],
    setUp: "`clientCredentialsGrantRequest`",
    limits: "keeps no token, sends no requests: makes one exchange per caller",
  },
  {
    name: "openid-client",
    packages: ["openid-client"],
    setUp: "`clientCredentialsGrant`",
    limits: "keeps no token, sends no requests: makes one exchange per caller",
  },
  { name: "jose", packages: ["jose"], setUp: "`decodeJwt`", limits: "only decodes and verifies" },
  { name: "jwt-decode", packages: ["jwt-decode"], setUp: "`jwtDecode`", limits: "only decodes" },
];
