// What a client holds, and how its time grows with its callers and its token.
import { instances } from "../../tests/support/instances.ts";
import { client } from "../peers/pay4power.ts";
import { type ServiceSettings, StubService } from "../peers/stub-service.ts";
import type { MeasureRound } from "./round.ts";

const made = (settings?: ServiceSettings) => client(new StubService(settings));
const WARM_UP = 2_000;
const REFRESHES = 10_000;
const HITS = 1_000_000;

/** What is in use when nothing that can be freed is left. */
async function inUse(): Promise<{ heap: number; wasm: number }> {
  for (let times = 0; times < 3; times++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    globalThis.gc?.();
  }
  return { heap: process.memoryUsage().heapUsed, wasm: instances().bytes };
}

/** What an action leaves behind, and how long it takes. */
async function growth(action: () => Promise<unknown>, times: number) {
  const before = await inUse();
  const begun = performance.now();
  await action();
  const us = ((performance.now() - begun) * 1_000) / times;
  const after = await inUse();
  return { heap: after.heap - before.heap, wasm: after.wasm - before.wasm, us };
}

export const measureRound: MeasureRound = async ({ isQuick }) => {
  const sample: Record<string, Record<string, number>> = {};
  const one = made();
  const refresh = async (times: number) => {
    for (let time = 0; time < times; time++) {
      one.invalidate();
      await one.getToken();
    }
  };
  const hit = async (times: number) => {
    for (let time = 0; time < times; time++) {
      await one.getToken();
    }
  };
  await refresh(WARM_UP);
  await hit(WARM_UP);
  sample["10,000 refreshes: growth"] = await growth(() => refresh(REFRESHES), REFRESHES);
  sample["1,000,000 hits: growth"] = await growth(() => hit(HITS), HITS);
  await addClients(sample);
  await addTokens(sample);
  await addCallers(sample, isQuick);
  return sample;
};

const label = (count: number, noun: string) =>
  `${count.toLocaleString("en")} ${count === 1 ? noun : `${noun}s`}: each`;

async function addClients(sample: Record<string, Record<string, number>>): Promise<void> {
  for (const count of [1, 100, 10_000]) {
    const clients: unknown[] = [];
    const all = await growth(async () => {
      const service = new StubService();
      for (let index = 0; index < count; index++) {
        const one = client(service);
        await one.getToken();
        clients.push(one);
      }
    }, count);
    const { length } = clients; // kept until here
    sample[label(length, "client")] = { ...all, heap: all.heap / length, wasm: all.wasm / length };
  }
}

/** The time is that of a whole exchange. */
async function addTokens(sample: Record<string, Record<string, number>>): Promise<void> {
  for (const kib of [0.3, 1, 4, 16]) {
    const padding = Math.max(0, Math.floor((kib * 1_024 - 200) * 0.75) - 60);
    const exchanges = 200;
    const one = made({ padding });
    const exchange = async () => {
      for (let index = 0; index < exchanges; index++) {
        one.invalidate();
        await one.getToken();
      }
    };
    await exchange();
    sample[`token of ${kib} KiB: an exchange`] = await growth(exchange, exchanges);
  }
}

/** All ask at once, and there is no token yet. */
async function addCallers(
  sample: Record<string, Record<string, number>>,
  isQuick: boolean,
): Promise<void> {
  for (const count of [1, 1_000, 10_000, 100_000]) {
    const times = isQuick ? 1 : Math.max(1, Math.min(20, 20_000 / count));
    let spentMs = 0;
    for (let time = 0; time < times; time++) {
      const crowd = made();
      globalThis.gc?.();
      const begun = performance.now();
      await Promise.all(Array.from({ length: count }, () => crowd.getToken()));
      spentMs += performance.now() - begun;
    }
    sample[label(count, "caller")] = { us: (spentMs * 1_000) / times / count };
  }
}
