// ky with hooks.
import ky from "ky";
import { HandWritten } from "./hand-written.ts";
import type { MakePeer } from "./peer.ts";

export const kyHooks: MakePeer = (service) => {
  const tokens = new HandWritten(service.exchange, service.fetch, service.renewEarlyMs);
  const api = ky.create({
    fetch: service.fetch,
    throwHttpErrors: false,
    hooks: {
      beforeRequest: [
        async (request, _options, { retryCount }) => {
          if (retryCount === 0) {
            request.headers.set("Authorization", `Bearer ${(await tokens.getToken()).token}`);
          }
        },
      ],
      afterResponse: [
        async (request, _options, response, state) => {
          if (response.status !== 401 || state.retryCount > 0) {
            return undefined;
          }
          const headers = new Headers(request.headers);
          headers.set("Authorization", `Bearer ${(await service.exchange()).token}`);
          return ky.retry({ request: new Request(request, { headers }), code: "TOKEN_REFRESHED" });
        },
      ],
    },
  });
  return { fetch: (url) => api.get(url) };
};
