// The result of a measure, compared with its targets.
import type { Measure, Target } from "./definitions.ts";
import { type Sample, type Spread, type Summary, spreadOf, summarise } from "./statistics.ts";

export interface Verdict {
  readonly label: string;
  readonly atMost?: number | undefined;
  readonly atLeast?: number | undefined;
  readonly spread: Spread;
  readonly passes: boolean;
}

export interface Result {
  readonly measure: Measure;
  readonly summary: Summary;
  readonly verdicts: readonly Verdict[];
  /** The number of rounds. */
  readonly rounds: number;
}

export function resultOf(measure: Measure, samples: readonly Sample[]): Result {
  const verdicts = measure.targets.map((target) => verdictOf(target, samples));
  return { measure, summary: summarise(samples), verdicts, rounds: samples.length };
}

function verdictOf({ label, read, atMost, atLeast }: Target, samples: readonly Sample[]): Verdict {
  const values = samples.map(read);
  const spread = spreadOf(values);
  const { median } = spread;
  const isWithin = median <= (atMost ?? median) && median >= (atLeast ?? median);
  const passes = values.every(Number.isFinite) && isWithin; // a missing number fails
  return { label, atMost, atLeast, spread, passes };
}
