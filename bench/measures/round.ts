import type { Sample } from "../statistics.ts";

/** Which round it is, and how much time there is for it. */
export interface Round {
  readonly number: number;
  readonly isQuick: boolean;
}

/** Measures one round, or several that share what they start. */
export type MeasureRound = (round: Round) => Promise<Sample | Sample[]>;
