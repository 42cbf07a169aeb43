// The measure `memory`: the memory of a client, and its time with more callers and longer tokens.
import { instances } from "../../tests/support/instances.ts";
import { client } from "../peers/pay4power.ts";
import { StubService } from "../peers/stub-service.ts";
import type { MeasureRound } from "./measure-round.ts";

type Rows = Record<string, Record<string, number>>;

const REFRESHES = 10_000;
const HITS = 1_000_000;

export const measureRound: MeasureRound = async () => ({
  ...(await growthOfOne()),
  ...(await clients()),
  ...(await tokens()),
  ...(await callers()),
});

/** Returns the memory in use after a garbage collection. */
async function inUse(): Promise<{ heap: number; wasm: number }> {
  for (let times = 0; times < 3; times++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    globalThis.gc?.();
  }
  return { heap: process.memoryUsage().heapUsed, wasm: instances().bytes };
}

/** Returns the growth of the memory after `times` runs of an action, and the time of one run. */
async function growth(times: number, action: () => Promise<unknown>) {
  const before = await inUse();
  const begun = performance.now();
  for (let time = 0; time < times; time++) {
    await action();
  }
  const us = ((performance.now() - begun) * 1_000) / times;
  const after = await inUse();
  return { heap: after.heap - before.heap, wasm: after.wasm - before.wasm, us };
}

async function growthOfOne(): Promise<Rows> {
  const service = new StubService();
  const one = client(service);
  const refresh = async () => {
    one.invalidate();
    await one.getToken();
  };
  const hit = () => one.getToken();
  await growth(REFRESHES, refresh); // until all code is compiled
  await growth(REFRESHES, service.exchange);
  return {
    "10,000 refreshes: growth": await growth(REFRESHES, refresh),
    "10,000 exchanges by hand: growth": await growth(REFRESHES, service.exchange),
    "1,000,000 hits: growth": await growth(HITS, hit),
  };
}

/** Makes clients with a token. Returns the memory of one client, and the time to make it. */
async function costOfClient(count: number, padding?: number): Promise<Record<string, number>> {
  const service = new StubService(padding === undefined ? {} : { padding });
  const kept: unknown[] = [];
  const all = await growth(count, async () => {
    const one = client(service);
    await one.getToken();
    kept.push(one);
  });
  return { heap: all.heap / kept.length, wasm: all.wasm / kept.length, us: all.us };
}

async function clients(): Promise<Rows> {
  const rows: Rows = {};
  for (const count of [100, 1_000, 10_000]) {
    rows[`${count.toLocaleString("en")} clients: each`] = await costOfClient(count);
  }
  return rows;
}

async function tokens(): Promise<Rows> {
  const rows: Rows = {};
  for (const kib of [0.3, 1, 4, 16]) {
    const otherBytes = 150;
    const padding = Math.max(0, Math.floor((kib * 1_024 - otherBytes) * 0.75));
    rows[`a client with a token of ${kib} KiB: each of 500`] = await costOfClient(500, padding);
  }
  return rows;
}

/** All callers ask at once, without a token at hand. */
async function callers(): Promise<Rows> {
  const rows: Rows = {};
  for (const count of [1, 1_000, 10_000, 100_000]) {
    const times = Math.max(1, Math.min(50, 20_000 / count));
    let spentMs = 0;
    await inUse(); // so that no garbage of an earlier run is collected meanwhile
    for (let time = 0; time < times; time++) {
      const { getToken } = client(new StubService());
      const begun = performance.now();
      await Promise.all(Array.from({ length: count }, () => getToken()));
      spentMs += performance.now() - begun;
    }
    const name = count === 1 ? "1 caller" : `${count.toLocaleString("en")} callers: each`;
    rows[name] = { us: (spentMs * 1_000) / times / count };
  }
  return rows;
}
