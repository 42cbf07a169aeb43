// The measure `rejected`: many requests at once, all with a token that the service has just revoked.
import { collectGarbage } from "../garbage.ts";
import { PEERS } from "../peers/index.ts";
import type { MakePeer } from "../peers/peer.ts";
import { StubService } from "../peers/stub-service.ts";
import { rotated, type Sample, summarise } from "../statistics.ts";
import type { MeasureRound } from "./measure-round.ts";

const REQUESTS = 1_000;
/** The requests that only warm code up. */
const FEW_REQUESTS = 10;
/** How many times a round measures each peer. The medians count. */
const TIMES = 5;
/** How many times each peer runs before it is measured. */
const WARM_TIMES = 10;
const ADDRESS = "https://service.example/api/services";
/** The peers that send requests and handle a 401. */
const NAMES = [
  ...["pay4power-auth", "hand-written", "@azure/core-rest-pipeline", "google-auth-library"],
  ...["@badgateway/oauth2-client", "axios-auth-refresh", "ky"],
];

export const measureRound: MeasureRound = async ({ number }) => {
  const peers = Object.entries(PEERS).filter(([name]) => NAMES.includes(name));
  for (let times = 0; times < WARM_TIMES; times++) {
    for (const [, make] of peers) {
      await requests(make); // compiles all code
    }
  }
  const sample: Record<string, Sample[string]> = {};
  for (const [name, make] of rotated(peers, number)) {
    const results: Sample[] = [];
    for (let times = 0; times < TIMES; times++) {
      results.push({ [name]: await requests(make) });
    }
    const columns = Object.entries(summarise(results)[name] ?? {});
    sample[name] = Object.fromEntries(columns.map(([column, { median }]) => [column, median]));
  }
  return sample;
};

async function requests(
  make: MakePeer,
  { count = REQUESTS, collects = true } = {},
): Promise<Record<string, number>> {
  const service = new StubService({ checksTokens: true });
  const { fetch } = make(service);
  const succeeds = async () => {
    try {
      return (await fetch?.(ADDRESS))?.status === 200;
    } catch {
      return false; // a peer may throw for a 401
    }
  };
  await succeeds();
  service.revokeAll();
  const before = { exchanges: service.exchanges, requests: service.requests };
  if (collects) {
    await collectGarbage(() => requests(make, { count: FEW_REQUESTS, collects: false }));
  }
  const begun = performance.now();
  const results = await Promise.all(Array.from({ length: count }, succeeds));
  return {
    ms: performance.now() - begun,
    exchanges: service.exchanges - before.exchanges,
    requests: service.requests - before.requests,
    succeeded: results.filter((isGood) => isGood).length,
  };
}
