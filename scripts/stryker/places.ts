// The places in Stryker's copy of the repository. Stryker makes it the working directory after it has loaded the runner.
import { resolve } from "node:path";
import process from "node:process";

/** A project that has the instrumented package. */
export const consumerFolder = (): string => resolve("target", "consumers", "stryker");

/** The program that runs cases of the portable suite, in the project. */
export const CASES_PROCESS = "cases.mjs";

/** How long each test took without a mutant. */
export const durationsFile = (): string => resolve("target", "stryker-durations.json");

/** Which mutants the processes of a test file have reached. */
export const coverageFolder = (): string => resolve("target", "stryker-coverage");

/** Names the folder of the build with the feature `trap`: it is in the repository, not in the copy. */
export const TRAP_BUILD = "PAY4POWER_TRAP_BUILD";

export function trapBuild(): string {
  const folder = process.env[TRAP_BUILD];
  if (folder === undefined) {
    throw new Error(`expected the variable ${TRAP_BUILD}, found none: run scripts/stryker/run.ts`);
  }
  return folder;
}
