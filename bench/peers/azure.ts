// @azure/core-rest-pipeline with its bearer token policy.
import {
  bearerTokenAuthenticationPolicy,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
} from "@azure/core-rest-pipeline";
import type { MakePeer } from "./peer.ts";

export const azure: MakePeer = (service) => {
  const credential = {
    async getToken() {
      const { token, expiresAtMs } = await service.exchange();
      return { token, expiresOnTimestamp: expiresAtMs };
    },
  };
  const pipeline = createEmptyPipeline();
  pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential, scopes: "pay" }));
  const answered = createHttpHeaders();
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const headers = new Headers(); // like the client of Azure for fetch
      for (const [name, value] of request.headers) {
        headers.append(name, value);
      }
      const { status } = await service.fetch(request.url, { headers });
      return { status, headers: answered, request };
    },
  };
  return { fetch: (url) => pipeline.sendRequest(httpClient, createPipelineRequest({ url })) };
};
