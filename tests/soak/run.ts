// A soak run: the service, the subjects, the calls, the disturbances and the samples, all at the same time.
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeConsumer } from "../../scripts/consumer.ts";
import { root } from "../../scripts/project.mjs";
import type { Runtime } from "./command-line.ts";
import { type Counts, disturb, pause, restartSubjects } from "./disturbances.ts";
import { Flight, type Tally } from "./flight.ts";
import { Ledger } from "./ledger.ts";
import { type Growth, growthOf, type TimedSample } from "./memory.ts";
import { newestNode } from "./newest-node.ts";
import { NodeHost } from "./node-host.ts";
import { planCall } from "./plan.ts";
import { Problems } from "./problems.ts";
import { Service } from "./service.ts";
import { WorkerHost } from "./worker-host.ts";

export interface RunOptions {
  readonly durationMs: number;
  readonly calls: number;
  readonly runtimes: readonly Runtime[];
  readonly tarball: string;
  /** The name of the project, below target/, that has the tarball installed. Two runs at once need two. */
  readonly consumer: string;
}

export interface SubjectResult {
  readonly runtime: Runtime;
  readonly version: string;
  readonly tally: Tally;
  /** The warnings of workerd about callers whose request has ended. */
  readonly warnings: number;
  readonly samples: readonly TimedSample[];
  readonly growth: readonly Growth[];
}

export interface SoakResult {
  readonly durationMs: number;
  readonly calls: number;
  /** How long the calls took; longer than `durationMs` if the machine is too slow. */
  readonly tookMs: number;
  readonly subjects: readonly SubjectResult[];
  readonly disturbances: Counts;
  readonly requests: number;
  readonly exchanges: number;
  readonly exchangeFaults: number;
  readonly posts: { readonly once: number; readonly twice: number };
  readonly problems: { readonly count: number; readonly texts: readonly string[] };
}

/** What a subject consists of, in tests/. */
const SUBJECT_FILES = [
  ...["calls.ts", "subject.ts", "node-process.ts", "worker.ts"].map((name) => `soak/${name}`),
  "support/instances.ts",
];
/** Calls begin together, so that many callers find the same token gone. */
const BURST_MS = 200;
/** A subject with so many calls under way gets no more. */
const MOST_AT_ONCE = 600;
const [LEAST_SAMPLE_MS, MOST_SAMPLE_MS] = [1_000, 6_000];
/** Longer than any call takes on a machine that is not busy. */
const REST_MS = 6_000;
const REST_CHECK_MS = 20;
/** A run of this length must have enough samples for a verdict on memory. */
const LEAST_VERDICT_MS = 120_000;
/** Longer than any call may take. */
const DRAIN_MS = 20_000;

export async function runSoak(options: RunOptions): Promise<SoakResult> {
  const { durationMs, calls } = options;
  const problems = new Problems();
  const ledger = new Ledger(calls, problems);
  const service = new Service(ledger, problems);
  await service.start();
  const flights = flightsOf(options, service, ledger, problems);
  const end = new AbortController();
  try {
    await Promise.all(flights.map((flight) => flight.start()));
    const began = performance.now();
    const atMs = () => Math.round(performance.now() - began);
    const samples = flights.map((flight) => watch(flight, durationMs, atMs, end.signal));
    const disturbances = disturb({ service, ledger, flights }, durationMs, end.signal);
    const restarts = restartSubjects(flights, durationMs, end.signal);
    await makeCalls(flights, options, atMs);
    const tookMs = atMs();
    end.abort();
    const counts = await disturbances;
    await restarts;
    await drain(flights);
    const subjects = await Promise.all(
      flights.map(async ({ host, tally }, index) => {
        const { runtime, version, output } = host;
        const all = (await samples[index]) ?? [];
        const growth = growthOf(all, tookMs);
        return { runtime, version, tally, warnings: output.warnings, samples: all, growth };
      }),
    );
    checkGrowth(subjects, tookMs, problems);
    const { requests, exchanges, exchangeFaults } = ledger;
    const { count, texts } = problems;
    return {
      ...{ durationMs, calls, tookMs, subjects, disturbances: counts },
      ...{ requests, exchanges, exchangeFaults, posts: ledger.posts(), problems: { count, texts } },
    };
  } finally {
    end.abort();
    await Promise.all(flights.map((flight) => flight.stop()));
    await service.stop();
  }
}

function flightsOf(
  { runtimes, tarball, consumer }: RunOptions,
  service: Service,
  ledger: Ledger,
  problems: Problems,
): Flight[] {
  const place = (name: string) => [name, join(root, "tests", name)];
  const files = SUBJECT_FILES.map(place);
  const project = join(root, "target", "consumers", consumer);
  const folder = join(makeConsumer(project, tarball, Object.fromEntries(files)), "soak");
  return runtimes.map((runtime) => {
    const makeHost = (flight: Flight) => {
      const reports = { problems, outcomes: flight.settle.bind(flight) };
      const origin = () => service.origin;
      return runtime === "node"
        ? new NodeHost({ ...newestNode(), folder }, origin, reports)
        : new WorkerHost(join(folder, "worker.ts"), origin, reports);
    };
    return new Flight(makeHost, ledger, problems, service.restarts);
  });
}

/** Makes all calls in bursts, at a steady pace. Waits when a subject has too many under way, or is down. */
async function makeCalls(
  flights: readonly Flight[],
  { calls, durationMs }: RunOptions,
  atMs: () => number,
): Promise<void> {
  let made = 0;
  for (let turn = 0; made < calls; turn++) {
    const due = Math.min(calls, Math.ceil((calls * (atMs() + BURST_MS)) / durationMs)) - made;
    for (const [index, flight] of flights.entries()) {
      // The first gets one more in every other turn, so that one call of two subjects reaches both.
      const share = Math.floor((due + ((index + turn) % flights.length)) / flights.length);
      const free = flight.isUp && !flight.isPaused ? MOST_AT_ONCE - flight.underWay : 0;
      const count = Math.max(0, Math.min(share, free, calls - made));
      const first = made;
      made += count;
      if (count > 0) {
        const mayLeave = flight.host.isWorker;
        flight.launch(Array.from({ length: count }, (_, at) => planCall(first + at, mayLeave)));
      }
    }
    await sleep(BURST_MS);
  }
}

/** Samples a subject until the end of the run. Before each sample it makes no call for a moment. */
async function watch(
  flight: Flight,
  durationMs: number,
  atMs: () => number,
  end: AbortSignal,
): Promise<TimedSample[]> {
  const samples: TimedSample[] = [];
  const interval = Math.min(MOST_SAMPLE_MS, Math.max(LEAST_SAMPLE_MS, durationMs / 60));
  while (!end.aborted) {
    await pause(interval, end);
    flight.sweep();
    flight.isPaused = true;
    try {
      await rest(flight, REST_MS, end);
      if (flight.isUp && flight.underWay === 0 && !end.aborted) {
        samples.push({ atMs: atMs(), ...(await flight.host.sample()) });
      }
    } catch {
      // The subject was restarted, or the machine is too busy. `checkGrowth` finds a run without a verdict.
    } finally {
      flight.isPaused = false;
    }
  }
  return samples;
}

/** Waits until no call is under way, for a time at most. */
async function rest(flight: Flight, ms: number, end?: AbortSignal): Promise<void> {
  const until = performance.now() + ms;
  while (flight.underWay > 0 && performance.now() < until && !end?.aborted) {
    await sleep(REST_CHECK_MS);
  }
}

/** Waits for the calls that are under way. Those that do not end are noted. */
async function drain(flights: readonly Flight[]): Promise<void> {
  await Promise.all(flights.map((flight) => rest(flight, DRAIN_MS)));
  for (const flight of flights) {
    flight.sweep(Number.POSITIVE_INFINITY);
  }
}

function checkGrowth(subjects: readonly SubjectResult[], tookMs: number, problems: Problems): void {
  for (const { runtime, growth } of subjects) {
    if (growth.length === 0 && tookMs >= LEAST_VERDICT_MS) {
      problems.add(`${runtime}: too few samples of its memory`);
    }
    for (const { measure, before, after, isFlat } of growth) {
      if (!isFlat) {
        problems.add(`${runtime}: ${measure} grew from ${before} to ${after}`);
      }
    }
  }
}
