// The measure `exchange`: exchanges keys for a token, in process and over sockets.

import { forkHttpService } from "../fork-http-service.ts";
import { badgatewayExchange } from "../peers/badgateway.ts";
import { type Endpoints, exchangeOver } from "../peers/hand-written-exchange.ts";
import { msalExchange } from "../peers/msal.ts";
import { oauth4webapiExchange } from "../peers/oauth4webapi.ts";
import { openidClientExchange } from "../peers/openid-client.ts";
import { pay4powerExchange } from "../peers/pay4power.ts";
import { simpleOauth2Exchange } from "../peers/simple-oauth2.ts";
import { OAUTH_URL, StubService, TOKEN_URL } from "../peers/stub-service.ts";
import type { Sample } from "../statistics.ts";
import { costs } from "./in-process.ts";
import type { MeasureRound } from "./measure-round.ts";

const ALL: Readonly<Record<string, (endpoints: Endpoints) => () => Promise<unknown>>> = {
  "pay4power-auth": pay4powerExchange,
  "hand-written": ({ tokenUrl, send }) => exchangeOver(send, tokenUrl),
  oauth4webapi: oauth4webapiExchange,
  "openid-client": openidClientExchange,
  "@badgateway/oauth2-client": badgatewayExchange,
  "@azure/msal-node": msalExchange,
  "simple-oauth2": simpleOauth2Exchange,
};

const madeWith = (endpoints: Endpoints) =>
  Object.fromEntries(Object.entries(ALL).map(([name, make]) => [name, make(endpoints)]));

export const measureRound: MeasureRound = async (round) => {
  const stub = { tokenUrl: TOKEN_URL, oauthUrl: OAUTH_URL, send: new StubService().fetch };
  const { "simple-oauth2": _, ...takeFetch } = madeWith(stub);
  const inProcess = await costs(takeFetch, round);
  const { env, close } = await forkHttpService();
  const { TOKEN_URL: tokenUrl, OAUTH_URL: oauthUrl } = env;
  const overSockets = await costs(madeWith({ tokenUrl, oauthUrl, send: fetch }), round);
  close();
  const sample: Record<string, Sample[string]> = {};
  for (const name of Object.keys(ALL)) {
    const [inside, outside] = [inProcess[name], overSockets[name]];
    sample[name] = {
      ...(inside && { inProcess: inside.ns / 1_000, bytes: inside.bytes }),
      ...(outside && { overSockets: outside.ns / 1_000 }),
    };
  }
  return sample;
};
