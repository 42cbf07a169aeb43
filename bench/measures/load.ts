// The measure `load`: many requests through a Worker.
import { join } from "node:path";
import autocannon from "autocannon";
import { startWorker } from "../../scripts/workerd.ts";
import { forkHttpService } from "../fork-http-service.ts";
import { rotated, type Sample } from "../statistics.ts";
import type { MeasureRound } from "./measure-round.ts";

/** For each row, its file in bench/workers/. */
const WORKERS: Readonly<Record<string, string>> = {
  "no auth": "load-no-auth.ts",
  "pay4power-auth": "load-pay4power.ts",
  "hand-written": "load-hand-written.ts",
};
const CONNECTIONS = 50;

const folder = join(import.meta.dirname, "..", "workers");

export const measureRound: MeasureRound = async ({ isQuick }) => {
  const { env: bindings, close } = await forkHttpService();
  const workers = await Promise.all(
    Object.entries(WORKERS).map(async ([row, file]) => {
      const { url, worker } = await startWorker({ entry: join(folder, file), bindings });
      return { row, url: url.href, worker };
    }),
  );
  for (const { url } of workers) {
    await slice(url);
    await slice(url);
  }
  const samples: Sample[] = [];
  for (let round = 0; round < (isQuick ? 4 : 60); round++) {
    const sample: Record<string, Sample[string]> = {};
    for (const { row, url } of rotated(workers, round)) {
      sample[row] = await slice(url);
    }
    samples.push(sample);
  }
  await Promise.all(workers.map(({ worker }) => worker.dispose()));
  close();
  return samples;
};

/** The length of a slice in seconds: short, so that the slices of a round lie close together in time. */
const DURATION_S = 1;

/** A slice of time with load on one Worker. */
async function slice(url: string): Promise<Sample[string]> {
  const { requests, latency, errors, non2xx } = await autocannon({
    url,
    duration: DURATION_S,
    connections: CONNECTIONS,
  });
  if (errors + non2xx > 0) {
    throw new Error(
      `${url}: ${errors} requests failed, ${non2xx} were answered with another status`,
    );
  }
  return { rate: requests.total / DURATION_S, p99: latency.p99 };
}
