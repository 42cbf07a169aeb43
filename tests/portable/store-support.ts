// A store that clients share, and the clients of one merchant that share it.
import type { ClientOptions, TokenStore } from "pay4power-auth";
import { type Script, scripted, type World } from "./harness.ts";
import { clientOf } from "./make.ts";

export const HOUR: Script = { lifetimeS: 3_600 };
/** Each ends later than the one before it, whatever the client's clock says. */
export const LATER_EACH: Script = { inTurn: [HOUR, { lifetimeS: 7_200 }, { lifetimeS: 10_800 }] };

interface Shared extends TokenStore {
  readonly values: Map<string, string>;
  readonly endsMs: number[];
}

/** What two clients share: here a map, elsewhere a server. */
export function sharedStore(): Shared {
  const values = new Map<string, string>();
  const endsMs: number[] = [];
  return {
    values,
    endsMs,
    async get(key) {
      return values.get(key) ?? null;
    },
    async set(key, value, { expiresAtMs }) {
      values.set(key, value);
      endsMs.push(expiresAtMs);
    },
    async delete(key) {
      values.delete(key);
    },
  };
}

/** Clients of one merchant at one service. */
export function merchant(world: World, script: Script, store: TokenStore) {
  const service = scripted(world, script);
  return {
    exchanges: async () => (await service.calls()).length,
    client: (options: Partial<ClientOptions> = {}) =>
      clientOf(world, {}, { tokenUrl: service.url, store, ...options }),
  };
}
