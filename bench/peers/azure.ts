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
  const headers = createHttpHeaders();
  const httpClient: HttpClient = {
    async sendRequest(request) {
      const { status } = await service.fetch(request.url, {
        headers: request.headers.toJSON(),
      });
      return { status, headers, request };
    },
  };
  return { fetch: (url) => pipeline.sendRequest(httpClient, createPipelineRequest({ url })) };
};
