// Garbage collection before a measure.

/** How often the code runs again after a collection, before it is measured. */
const TIMES = 3;

/**
 * Collects garbage, so that a measure does not pay for what ran before it. A forced collection also makes compiled code
 * cold, as no running program does to itself: so `warmUp` runs the code again, unmeasured.
 */
export async function collectGarbage(warmUp: () => Promise<unknown>): Promise<void> {
  globalThis.gc?.();
  for (let times = 0; times < TIMES; times++) {
    await warmUp();
  }
}
