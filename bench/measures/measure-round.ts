// The type of a measure: each file of this folder that a measure is named after exports `measureRound`.
import type { Sample } from "../statistics.ts";

/** The number of the round, and its length. */
export interface Round {
  readonly number: number;
  readonly isQuick: boolean;
}

/** Measures one round, or several that share what they start. */
export type MeasureRound = (round: Round) => Promise<Sample | Sample[]>;
