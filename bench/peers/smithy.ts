// @smithy/core.
import {
  createIsIdentityExpiredFunction,
  doesIdentityRequireRefresh,
  memoizeIdentityProvider,
} from "@smithy/core";
import type { MakePeer } from "./peer.ts";

export const smithy: MakePeer = (service) => {
  const getToken = memoizeIdentityProvider(
    async () => {
      const { token, expiresAtMs } = await service.exchange();
      return { token, expiration: new Date(expiresAtMs) };
    },
    createIsIdentityExpiredFunction(service.renewEarlyMs),
    doesIdentityRequireRefresh,
  );
  return getToken ? { getToken: () => getToken() } : {};
};
