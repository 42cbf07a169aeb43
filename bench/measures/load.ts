// The measure `load`: many requests through a Worker.
import { Agent, get } from "node:http";
import { join } from "node:path";
import { startWorker } from "../../scripts/workerd.ts";
import { forkHttpService } from "../fork-http-service.ts";
import { CONSTANT_HEADER } from "../peer-notes.ts";
import { rotated, type Sample } from "../statistics.ts";
import type { MeasureRound } from "./measure-round.ts";

/** For each row, its file in bench/workers/. */
const WORKERS: Readonly<Record<string, string>> = {
  "no auth": "load-no-auth.ts",
  [CONSTANT_HEADER]: "load-constant-header.ts",
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
      return { row, load: new Load(url.href), worker };
    }),
  );
  for (let slices = 0; slices < 10; slices++) {
    for (const { load } of workers) {
      await load.slice();
    }
  }
  const samples: Sample[] = [];
  for (let round = 0; round < (isQuick ? 20 : 160); round++) {
    const sample: Record<string, Sample[string]> = {};
    for (const { row, load } of rotated(workers, round)) {
      sample[row] = await load.slice();
    }
    samples.push(sample);
  }
  await Promise.all(workers.map(({ worker }) => worker.dispose()));
  close();
  return samples;
};

/** The requests of a slice: few, so that the slices of a round lie close together in time. */
const REQUESTS = 1_000;

/** Load on one Worker, over connections that stay open. */
class Load {
  readonly #url: string;
  readonly #agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

  constructor(url: string) {
    this.#url = url;
  }

  /** Sends the requests of one slice, as many at a time as there are connections. */
  async slice(): Promise<{ readonly rate: number; readonly p99: number }> {
    const begunMs = performance.now();
    const latenciesMs: number[] = [];
    let left = REQUESTS;
    const caller = async () => {
      while (left > 0) {
        left -= 1;
        const sentMs = performance.now();
        await this.#request();
        latenciesMs.push(performance.now() - sentMs);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, caller));
    const rate = (REQUESTS * 1_000) / (performance.now() - begunMs);
    const p99 = latenciesMs.toSorted((a, b) => a - b)[Math.floor(REQUESTS * 0.99)] ?? 0;
    return { rate, p99 };
  }

  #request(): Promise<void> {
    return new Promise((resolve, reject) => {
      get(this.#url, { agent: this.#agent }, (response) => {
        if (response.statusCode !== 200) {
          reject(new Error(`${this.#url}: expected 200, found ${response.statusCode}`));
        }
        response.resume().once("end", resolve).once("error", reject);
      }).once("error", reject);
    });
  }
}
