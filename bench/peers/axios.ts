// axios with axios-auth-refresh.
import axios, { AxiosError } from "axios";
import { createAuthRefresh } from "axios-auth-refresh";
import type { MakePeer } from "./peer.ts";

export const axiosAuthRefresh: MakePeer = (service) => {
  let token: string | undefined;
  const instance = axios.create({
    async adapter(config) {
      const authorization = String(config.headers.get("Authorization"));
      const { status } = await service.fetch(config.url ?? "", { headers: { authorization } });
      const response = { status, statusText: "", data: "", headers: {}, config };
      if (status === 401) {
        throw new AxiosError("401", AxiosError.ERR_BAD_REQUEST, config, undefined, response);
      }
      return response;
    },
  });
  instance.interceptors.request.use((config) => {
    config.headers.set("Authorization", `Bearer ${token}`);
    return config;
  });
  // It imports the types of axios for CommonJS, which differ.
  const same = instance as unknown as Parameters<typeof createAuthRefresh>[0];
  createAuthRefresh(same, async () => {
    ({ token } = await service.exchange());
  });
  return { fetch: (url) => instance.get(url) };
};
