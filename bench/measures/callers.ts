// The measure `callers`: many callers ask at once. Counts their exchanges, and the time until all have a token.
import { setTimeout as sleep } from "node:timers/promises";
import { collectGarbage } from "../garbage.ts";
import { PEERS } from "../peers/index.ts";
import type { MakePeer } from "../peers/peer.ts";
import { type ServiceSettings, StubService } from "../peers/stub-service.ts";
import { rotated, spreadOf } from "../statistics.ts";
import type { MeasureRound } from "./measure-round.ts";

const CALLERS = 10_000;
/** How many crowds a round measures, for a peer that makes one exchange for a crowd: their median counts. */
const CROWDS = 5;
const WARM_EXCHANGES = 500;
/** The callers of a crowd that only warms code up. */
const FEW_CALLERS = 10;
const WARM_CROWDS = 4;
const ADDRESS = "https://service.example/api/services";
/** The peers that keep a token and know its end. */
const NAMES = [
  ...["pay4power-auth", "hand-written", "@smithy/core", "@azure/core-rest-pipeline"],
  ...["google-auth-library", "@badgateway/oauth2-client", "@azure/msal-node"],
];

export const measureRound: MeasureRound = async ({ number }) => {
  const peers = Object.entries(PEERS).filter(([name]) => NAMES.includes(name));
  const crowds = [];
  for (const [name, make] of rotated(peers, number)) {
    const count = (await warmUp(make)) ? CROWDS : 1;
    const all = Array.from({ length: count }, () => ({
      absent: crowd(make),
      expired: crowd(make, { lifetimeS: 1 }),
    }));
    crowds.push({ name, all });
  }
  const expired = crowds.flatMap(({ all }) => all.map((one) => one.expired));
  for (const one of expired) {
    await one.comes(1);
  }
  await sleep(2_000); // until those tokens are over
  for (const { service } of expired) {
    service.lifetimeS = 3_600; // the next token outlives the crowd
  }
  const sample: Record<string, Record<string, number>> = {};
  for (const { name, all } of crowds) {
    const none = await measured(all.map(({ absent }) => absent));
    const over = await measured(all.map((one) => one.expired));
    sample[name] = {
      absentExchanges: none.exchanges,
      absentMs: none.ms,
      expiredExchanges: over.exchanges,
      expiredMs: over.ms,
    };
  }
  return sample;
};

type Crowd = ReturnType<typeof crowd>;

/** The medians of these crowds. */
async function measured(crowds: readonly Crowd[]): Promise<{ ms: number; exchanges: number }> {
  const results: { ms: number; exchanges: number }[] = [];
  for (const one of crowds) {
    results.push(await one.comes(CALLERS));
  }
  const median = (name: "ms" | "exchanges") => spreadOf(results.map((it) => it[name])).median;
  return { ms: median("ms"), exchanges: median("exchanges") };
}

/**
 * Compiles all code: an exchange is compiled after some hundred, the callers' code after some ten thousand. A peer that
 * makes one exchange for each caller gets one small crowd. Returns true if all callers share one.
 */
async function warmUp(make: MakePeer): Promise<boolean> {
  const { exchanges } = await crowd(make).comes(CALLERS / 10);
  if (exchanges > 1) {
    return false;
  }
  for (let times = 0; times < WARM_EXCHANGES; times++) {
    await comeFew(make);
  }
  for (let times = 0; times < WARM_CROWDS; times++) {
    await crowd(make).comes(CALLERS);
  }
  return true;
}

const comeFew = (make: MakePeer) => crowd(make).comes(FEW_CALLERS, { collects: false });

function crowd(make: MakePeer, settings?: ServiceSettings) {
  const service = new StubService(settings);
  const peer = make(service);
  const call = (): Promise<unknown> | undefined => peer.getToken?.() ?? peer.fetch?.(ADDRESS);
  return {
    service,
    async comes(callers: number, { collects = true } = {}) {
      const before = service.exchanges;
      if (collects) {
        await collectGarbage(() => comeFew(make));
      }
      const begun = performance.now();
      await Promise.all(Array.from({ length: callers }, call));
      return { ms: performance.now() - begun, exchanges: service.exchanges - before };
    },
  };
}
