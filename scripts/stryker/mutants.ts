// How the list of explained survivors names a mutant, and what the list and a run have different.

/** A mutant, as Stryker reports it. Lines and columns count from 1. */
export interface Mutant {
  readonly location: { readonly start: Place; readonly end: Place };
  readonly replacement?: string | undefined;
  readonly status: string;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Survivors of one line, and why no test kills them. */
export interface Explained {
  /** The line in the source, without its indentation. */
  readonly line: string;
  /** What the mutants make of the line. `…` stands for the lines between the first and the last one of a mutant. */
  readonly becomes: readonly string[];
  readonly why: string;
  /** They only make the package slower. On a busy machine a test of a time limit may kill them. */
  readonly mayDie?: true;
}

/** The survivors of a list or of a run, each as `file: line => line`. */
export type Names = readonly string[];

const MAX_LENGTH = 160;

/** Returns true if no test has noticed the mutant. */
export const hasSurvived = ({ status }: Pick<Mutant, "status">): boolean =>
  status === "Survived" || status === "NoCoverage";

/** Returns the line of a mutant, and what the mutant makes of it. */
export function linesOf(
  source: string,
  { location: { start, end }, replacement = "" }: Mutant,
): { readonly line: string; readonly becomes: string } {
  const lines = source.split("\n");
  const line = lines[start.line - 1] ?? "";
  const after = (lines[end.line - 1] ?? "").slice(end.column - 1);
  const rest = start.line === end.line ? after : ` … ${after.trim()}`;
  const replaced = replacement.replaceAll(/\s+/g, " ");
  const becomes = line.slice(0, start.column - 1) + replaced + rest;
  return { line: line.trim(), becomes: shortened(becomes.trim()) };
}

const shortened = (text: string) =>
  text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH - 1)}…` : text;

export const nameOf = (file: string, line: string, becomes: string): string =>
  `${file}: ${line} => ${becomes}`;

/** Returns the names of the explained survivors of these files, all of them or only those that `isWanted`. */
export const namesOf = (
  list: Readonly<Record<string, readonly Explained[]>>,
  files: readonly string[],
  isWanted: (explained: Explained) => boolean = () => true,
): Names =>
  files.flatMap((file) =>
    (list[file] ?? [])
      .filter(isWanted)
      .flatMap(({ line, becomes }) => becomes.map((it) => nameOf(file, line, it))),
  );

/**
 * Compares the survivors of a run with the explained ones, of which `certain` must be among the survivors. A name that
 * stands twice counts twice.
 */
export function compare(survived: Names, explained: Names, certain = explained) {
  return { unexplained: without(survived, explained), stale: without(certain, survived) };
}

function without(names: Names, others: Names): string[] {
  const left = [...others];
  return names.filter((name) => {
    const index = left.indexOf(name);
    if (index < 0) {
      return true;
    }
    left.splice(index, 1);
    return false;
  });
}
