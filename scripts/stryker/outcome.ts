/** What became of a test. */
export interface Outcome {
  readonly name: string;
  readonly ms: number;
  /** Why it failed, or `undefined` if it passed. */
  readonly error: string | undefined;
  /** True if it took longer than its limit. */
  readonly hangs: boolean;
}
