// Measures the time and the allocation of functions in this process, with mitata.
import { getHeapStatistics } from "node:v8";
import { measure } from "mitata";
import { PEERS } from "../peers/index.ts";
import type { Peer } from "../peers/peer.ts";
import { StubService } from "../peers/stub-service.ts";
import { rotated } from "../statistics.ts";
import type { Round } from "./measure-round.ts";

const ADDRESS = "https://service.example/api/services";
/** For each function, in milliseconds. */
const warmUpMs = ({ isQuick }: Round) => (isQuick ? 60 : 150);
const timeMs = ({ isQuick }: Round) => (isQuick ? 60 : 400);

/** The cost of one call: the median of the time, and the mean of the allocated bytes. */
export type Cost = Readonly<Record<"ns" | "bytes", number>>;

async function costOf(run: () => unknown, round: Round): Promise<Cost> {
  const stats = await measure(run, {
    heap: usedHeap,
    gc: globalThis.gc ?? false,
    min_cpu_time: timeMs(round) * 1e6,
  });
  // The sampling adds less than a byte.
  return { ns: stats.p50, bytes: Math.floor(stats.heap?.avg ?? Number.NaN) };
}

/** Measures each of the functions, in another order in each round. */
export async function costs(
  functions: Readonly<Record<string, () => unknown>>,
  round: Round,
): Promise<Record<string, Cost>> {
  for (const run of Object.values(functions)) {
    await warmUp(run, round);
  }
  const measured: Record<string, Cost> = {};
  for (const [name, run] of rotated(Object.entries(functions), round.number)) {
    measured[name] = await costOf(run, round);
  }
  return measured;
}

/** Runs a function until its code is compiled. */
async function warmUp(run: () => unknown, round: Round): Promise<void> {
  const end = performance.now() + warmUpMs(round);
  while (performance.now() < end) {
    await run();
  }
}

/** Returns `what` of each peer that has it. Each peer has a token at hand. */
export async function readyPeers<What extends keyof Peer>(
  what: What,
): Promise<Record<string, NonNullable<Peer[What]>>> {
  const ready: Record<string, NonNullable<Peer[What]>> = {};
  for (const [name, make] of Object.entries(PEERS)) {
    const peer = make(new StubService());
    await (peer.getToken?.() ?? peer.fetch?.(ADDRESS));
    const method = peer[what];
    if (method) {
      ready[name] = method;
    }
  }
  return ready;
}

const usedHeap = (): number => {
  const { used_heap_size, malloced_memory } = getHeapStatistics();
  return used_heap_size + malloced_memory;
};
