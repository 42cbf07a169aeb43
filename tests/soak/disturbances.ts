// What happens to the service and to the subjects during a run, beside the faults of single calls.
import { setTimeout as sleep } from "node:timers/promises";
import { EXCHANGE_FAULTS } from "./calls.ts";
import type { Flight } from "./flight.ts";
import type { Ledger } from "./ledger.ts";
import type { Service } from "./service.ts";

const HOUR_MS = 3_600_000;
const MAX_OUTAGE_MS = 3_000;
const [LEAST_INTERVAL_MS, MOST_INTERVAL_MS] = [500, 8_000];
/** How often each subject is restarted. Its memory is watched only after that. */
export const SUBJECT_RESTARTS = 4;
/** The share of a run within which subjects are restarted. Less than the warm-up of the memory's samples. */
const RESTARTS_SHARE = 0.2;

export interface Counts {
  revocations: number;
  outages: number;
  serviceRestarts: number;
}

/** Returns the time between two disturbances. */
export function intervalMs(durationMs: number): number {
  return Math.min(MOST_INTERVAL_MS, Math.max(LEAST_INTERVAL_MS, durationMs / 150));
}

/** Revokes all tokens, breaks the token endpoint, restarts the service, and sets clocks ahead, in turn, until the end. */
export async function disturb(
  { service, ledger, flights }: { service: Service; ledger: Ledger; flights: readonly Flight[] },
  durationMs: number,
  end: AbortSignal,
): Promise<Counts> {
  const counts: Counts = { revocations: 0, outages: 0, serviceRestarts: 0 };
  const wait = intervalMs(durationMs);
  const actions = [
    () => {
      ledger.revokeAll();
      counts.revocations += 1;
    },
    () => Promise.all(flights.filter(({ isUp }) => isUp).map((it) => it.jump(jumpMs()))),
    async () => {
      service.outage = EXCHANGE_FAULTS[counts.outages % EXCHANGE_FAULTS.length];
      counts.outages += 1;
      // Without tokens every caller meets the outage.
      ledger.revokeAll();
      await pause(Math.min(MAX_OUTAGE_MS, wait), end);
      service.outage = undefined;
    },
    async () => {
      await service.restart();
      counts.serviceRestarts += 1;
    },
  ];
  for (let turn = 0; !end.aborted; turn++) {
    await pause(wait, end);
    if (!end.aborted) {
      await actions[turn % actions.length]?.();
    }
  }
  service.outage = undefined;
  return counts;
}

/** Restarts each subject a few times, early in the run. */
export async function restartSubjects(
  flights: readonly Flight[],
  durationMs: number,
  end: AbortSignal,
): Promise<void> {
  for (let times = 0; times < SUBJECT_RESTARTS; times++) {
    await pause((durationMs * RESTARTS_SHARE) / SUBJECT_RESTARTS, end);
    if (!end.aborted) {
      await Promise.all(flights.map((flight) => flight.restart()));
    }
  }
}

/** From a few seconds, as of a garbage collection, to the hours of a laptop that sleeps. */
const jumpMs = () => Math.round(2_000 * (HOUR_MS / 1_000) ** Math.random());

/** Waits, at most until the end of the run. */
export const pause = (ms: number, end: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal: end }).catch(() => {});
