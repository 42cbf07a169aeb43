// All peers that keep a token.
import { axiosAuthRefresh } from "./axios.ts";
import { azure } from "./azure.ts";
import { badgateway } from "./badgateway.ts";
import { google, googleHeaders } from "./google.ts";
import { HandWritten } from "./hand-written.ts";
import { kyHooks } from "./ky.ts";
import { msal } from "./msal.ts";
import { octokit } from "./octokit.ts";
import { pay4power } from "./pay4power.ts";
import type { MakePeer } from "./peer.ts";
import { smithy } from "./smithy.ts";

const handWritten: MakePeer = (service) => {
  const own = new HandWritten(service.exchange, service.fetch, service.renewEarlyMs);
  return { getToken: () => own.getToken(), fetch: (url) => own.fetch(url) };
};

/** Every peer that keeps a token, by its name in the report. */
export const PEERS: Readonly<Record<string, MakePeer>> = {
  "pay4power-auth": pay4power,
  "hand-written": handWritten,
  "@smithy/core": smithy,
  "@azure/core-rest-pipeline": azure,
  "@azure/msal-node": msal,
  "google-auth-library": google,
  "google-auth-library, headers": googleHeaders,
  "@badgateway/oauth2-client": badgateway,
  "@octokit/auth-app": octokit,
  "axios-auth-refresh": axiosAuthRefresh,
  ky: kyHooks,
};
