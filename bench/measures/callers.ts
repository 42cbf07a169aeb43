// The measure `callers`: many callers ask at once. Counts their exchanges, and the time until all have a token.
import { setTimeout as sleep } from "node:timers/promises";
import { PEERS } from "../peers/index.ts";
import type { MakePeer } from "../peers/peer.ts";
import { type ServiceSettings, StubService } from "../peers/stub-service.ts";
import { rotated } from "../statistics.ts";
import type { MeasureRound } from "./measure-round.ts";

const CALLERS = 10_000;
const ADDRESS = "https://service.example/api/services";
/** The peers that keep a token and know its end. */
const NAMES = [
  ...["pay4power-auth", "hand-written", "@smithy/core", "@azure/core-rest-pipeline"],
  ...["google-auth-library", "@badgateway/oauth2-client", "@azure/msal-node"],
];

export const measureRound: MeasureRound = async ({ number }) => {
  const peers = Object.entries(PEERS).filter(([name]) => NAMES.includes(name));
  const crowds = rotated(peers, number).map(([name, make]) => ({
    name,
    absent: crowd(make),
    expired: crowd(make, { lifetimeS: 1 }),
  }));
  for (const [, make] of peers) {
    await warmUp(make);
  }
  for (const { expired } of crowds) {
    await expired.comes(1);
  }
  await sleep(2_000); // until those tokens have expired
  for (const { expired } of crowds) {
    expired.service.lifetimeS = 3_600; // the next token outlives the crowd
  }
  const sample: Record<string, Record<string, number>> = {};
  for (const { name, absent, expired } of crowds) {
    const [none, over] = [await absent.comes(CALLERS), await expired.comes(CALLERS)];
    sample[name] = {
      absentExchanges: none.exchanges,
      absentMs: none.ms,
      expiredExchanges: over.exchanges,
      expiredMs: over.ms,
    };
  }
  return sample;
};

/** Runs until all code is compiled. A peer that makes an exchange per caller gets only a few callers. */
async function warmUp(make: MakePeer): Promise<void> {
  const { exchanges } = await crowd(make).comes(CALLERS / 10);
  for (let times = 0; exchanges === 1 && times < 4; times++) {
    await crowd(make).comes(CALLERS);
  }
}

function crowd(make: MakePeer, settings?: ServiceSettings) {
  const service = new StubService(settings);
  const peer = make(service);
  const call = (): Promise<unknown> | undefined => peer.getToken?.() ?? peer.fetch?.(ADDRESS);
  return {
    service,
    async comes(callers: number) {
      const before = service.exchanges;
      globalThis.gc?.();
      const begun = performance.now();
      await Promise.all(Array.from({ length: callers }, call));
      return { ms: performance.now() - begun, exchanges: service.exchanges - before };
    },
  };
}
