// A step of `npm test`.

/** One command of `npm test`, with its line in the report. */
export interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Matches the counts of tests in the output. A step without it counts as one check. */
  readonly counts?: RegExp;
  /** Matches the lines of the output that the report shows even if the step passes. */
  readonly notes?: RegExp;
  /** The programs that the step needs: their names, and their paths or `undefined` if they are missing. */
  readonly needs?: Record<string, string | undefined>;
}
