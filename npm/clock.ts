// The monotonic clock.

/**
 * Returns the monotonic clock: the clock that does not follow the jumps of the wall clock. Cloudflare's Workers have none:
 * there the time origin is 0 and `performance.now()` is the wall clock. Each call looks up `performance`, because fake
 * timers may replace it at any time.
 */
export function monotonicMs(): number {
  const { performance } = globalThis as { performance?: Performance };
  return performance === undefined || performance.timeOrigin === 0 ? Date.now() : performance.now();
}
