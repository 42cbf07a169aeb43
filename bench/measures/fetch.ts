// The measure `fetch`: the cost that a client adds to a request.
import { StubService } from "../peers/stub-service.ts";
import type { Sample } from "../statistics.ts";
import { costs, readyPeers } from "./in-process.ts";
import type { MeasureRound } from "./measure-round.ts";

const PATH = "https://service.example/api/services";

export const measureRound: MeasureRound = async (round) => {
  const service = new StubService();
  const peers = { bare: (url: string) => service.fetch(url), ...(await readyPeers("fetch")) };
  const samePath: Record<string, () => unknown> = {};
  const otherQuery: Record<string, () => unknown> = {};
  for (const [name, fetch] of Object.entries(peers)) {
    let page = 0;
    samePath[name] = () => fetch(PATH);
    otherQuery[name] = () => fetch(`${PATH}?page=${page++}`);
  }
  const [same, other] = [await costs(samePath, round), await costs(otherQuery, round)];
  const bare = { same: same["bare"]?.ns ?? 0, other: other["bare"]?.ns ?? 0 };
  const sample: Record<string, Sample[string]> = {};
  for (const name of Object.keys(peers).filter((name) => name !== "bare")) {
    const [cost, costOfOther] = [same[name], other[name]];
    if (cost && costOfOther) {
      sample[name] = {
        same: cost.ns - bare.same,
        other: costOfOther.ns - bare.other,
        bytes: cost.bytes,
      };
    }
  }
  return sample;
};
