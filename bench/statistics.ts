// Summarises the rounds of a measure.

/** The numbers of one round: for each row of a table, a number for each column. */
export type Sample = Readonly<Record<string, Readonly<Record<string, number>>>>;

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The spread over all rounds, for each row and column. */
export type Summary = Readonly<Record<string, Readonly<Record<string, Spread>>>>;

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  const [min, max] = [sorted.at(0), sorted.at(-1)];
  if (below === undefined || above === undefined || min === undefined || max === undefined) {
    throw new RangeError("expected one number or more, found none");
  }
  return { median: (below + above) / 2, min, max };
}

/** Summarises all rounds. A row or column that one round lacks is omitted from that round only. */
export function summarise(samples: readonly Sample[]): Summary {
  const collected: Record<string, Record<string, number[]>> = {};
  for (const [row, columns] of samples.flatMap((sample) => Object.entries(sample))) {
    for (const [column, value] of Object.entries(columns)) {
      collected[row] ??= {};
      collected[row][column] ??= [];
      collected[row][column].push(value);
    }
  }
  return mapValues(collected, (columns) => mapValues(columns, spreadOf));
}

/** Returns the names in an order that begins with another name in each round, so that other load affects all alike. */
export function rotated<T>(names: readonly T[], round: number): T[] {
  const start = names.length === 0 ? 0 : round % names.length;
  return [...names.slice(start), ...names.slice(0, start)];
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value)]));
}
