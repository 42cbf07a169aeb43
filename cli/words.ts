// Durations and moments in words.

const UNITS = [
  ["day", 86_400_000],
  ["h", 3_600_000],
  ["min", 60_000],
  ["s", 1_000],
] as const;

/** Returns a duration in the largest unit of which there are at least two: `90 min`, not `1 h`. */
export function duration(ms: number): string {
  for (const [unit, lengthMs] of UNITS) {
    if (ms >= 2 * lengthMs || (unit === "s" && ms >= lengthMs)) {
      return `${Math.round(ms / lengthMs)} ${unit === "day" ? "days" : unit}`;
    }
  }
  return `${Math.max(0, Math.round(ms))} ms`;
}

/** Returns a moment and how far away it is: `2026-01-01T00:00:00Z, in 59 min`. */
export function moment(atMs: number, nowMs = Date.now()): string {
  const distance = atMs < nowMs ? `${duration(nowMs - atMs)} ago` : `in ${duration(atMs - nowMs)}`;
  return `${new Date(atMs).toISOString().replace(/\.\d+Z$/, "Z")}, ${distance}`;
}

/** Returns the moment of a claim in epoch seconds, or `undefined` if the claim holds no moment. */
export function claimedMoment(claim: unknown): string | undefined {
  const atMs = typeof claim === "number" ? claim * 1_000 : Number.NaN;
  return Number.isNaN(new Date(atMs).getTime()) ? undefined : moment(atMs);
}
