// The exit codes. Scripts depend on them, so they never change.

export const EXIT = {
  success: 0,
  retry: 1,
  input: 2,
  keys: 3,
  other: 4,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The meaning of each exit code. `--help` prints it, and docs/cli.md repeats it. */
export const MEANINGS: Readonly<Record<ExitCode, string>> = {
  [EXIT.success]: "success",
  [EXIT.retry]: "a failure that a retry may mend",
  [EXIT.input]: "wrong input or configuration; nothing was sent",
  [EXIT.keys]: "the service rejects the keys",
  [EXIT.other]: "another failure; a retry does not help",
};
