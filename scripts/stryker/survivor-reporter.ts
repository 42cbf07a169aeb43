// The reporter for Stryker that compares the survivors with the explained ones.
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import process from "node:process";
import type { MutantResult, schema } from "@stryker-mutator/api/core";
import type { Reporter } from "@stryker-mutator/api/report";
import { compare, hasSurvived, linesOf, type Mutant, nameOf, namesOf } from "./mutants.ts";
import { SURVIVORS } from "./survivors.ts";

export class SurvivorReporter implements Reporter {
  /** Prints a survivor at once. A run takes long. */
  onMutantTested(result: Readonly<MutantResult>): void {
    const file = relative(process.cwd(), result.fileName);
    const name = survivorName(file, readFileSync(result.fileName, "utf8"), result);
    if (name !== undefined && !namesOf(SURVIVORS, [file]).includes(name)) {
      console.log(`${result.status} ${result.location.start.line} ${name}`);
    }
  }

  onMutationTestReportReady({ files }: Readonly<schema.MutationTestResult>): void {
    const all = Object.entries(files);
    const mutants = all.flatMap(([, { mutants }]) => mutants);
    const survived = all.flatMap(([file, { source, mutants }]) =>
      mutants.flatMap((mutant) => survivorName(file, source, mutant) ?? []),
    );
    const names = Object.keys(files);
    const { unexplained, stale } = compare(
      survived,
      namesOf(SURVIVORS, names),
      namesOf(SURVIVORS, names, ({ mayDie }) => !mayDie),
    );
    for (const name of stale) {
      console.log(`stale in survivors.ts: ${name}`);
    }
    const killed = mutants.length - survived.length;
    const explained = survived.length - unexplained.length;
    console.log(`${mutants.length} mutants: ${killed} killed, ${explained} explained survivors`);
    console.log(`${unexplained.length} unexplained survivors, ${stale.length} stale explanations`);
    if (unexplained.length + stale.length > 0) {
      process.exitCode = 1;
    }
  }
}

function survivorName(file: string, source: string, mutant: Mutant): string | undefined {
  if (!hasSurvived(mutant)) {
    return undefined;
  }
  const { line, becomes } = linesOf(source, mutant);
  return nameOf(file, line, becomes);
}
