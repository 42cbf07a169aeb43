// Samples of what a subject holds, and how much that grew after the warm-up.
/** What a subject holds while it makes no call. */
export interface Sample {
  /** JavaScript's heap after a garbage collection. */
  readonly heapBytes: number;
  /** The memory of the Wasm. */
  readonly wasmBytes: number;
  /** Open file descriptors; `undefined` where the system does not tell them. */
  readonly descriptors: number | undefined;
  /** Active timers; `undefined` on workerd, which does not tell them. */
  readonly timers: number | undefined;
}

export type Measure = keyof Sample;

export interface TimedSample extends Sample {
  /** Since the start of the run. */
  readonly atMs: number;
}

const MIB = 1_024 * 1_024;

/**
 * What each measure may grow by between the warm-up and the end. The descriptors include the connections that the
 * busiest burst so far has left open.
 */
export const BOUNDS: Readonly<Record<Measure, number>> = {
  heapBytes: 2 * MIB,
  wasmBytes: 2 * MIB,
  descriptors: 150,
  timers: 10,
};

/** The share of a run before the first sample that counts. All restarts of subjects lie in it. */
export const WARM_UP_SHARE = 0.25;

/** The least number of samples after the warm-up that say anything. */
const LEAST_SAMPLES = 6;

export interface Growth {
  readonly measure: Measure;
  /**
   * The least value in the first third after the warm-up. A leak lifts the least value too. The others depend on the
   * connections and the compiled code of the moment.
   */
  readonly before: number;
  /** The least value in the last third. */
  readonly after: number;
  readonly isFlat: boolean;
}

/** Returns the growth of each measure that the samples have. Empty if there are too few samples. */
export function growthOf(samples: readonly TimedSample[], durationMs: number): Growth[] {
  const counted = samples.filter(({ atMs }) => atMs >= durationMs * WARM_UP_SHARE);
  if (counted.length < LEAST_SAMPLES) {
    return [];
  }
  const third = Math.floor(counted.length / 3);
  return (Object.keys(BOUNDS) as Measure[]).flatMap((measure) => {
    const values = counted.flatMap((sample) => sample[measure] ?? []);
    if (values.length < counted.length) {
      return [];
    }
    const before = Math.min(...values.slice(0, third));
    const after = Math.min(...values.slice(-third));
    return [{ measure, before, after, isFlat: after - before <= BOUNDS[measure] }];
  });
}
