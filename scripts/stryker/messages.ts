// The messages between the runner and the process that runs cases of the portable suite.
import type { MutantCoverage } from "@stryker-mutator/api/core";
import type { Places } from "../../tests/portable/harness.ts";

export interface Job {
  readonly places: Places;
  /** The cases to run, in order. */
  readonly names: readonly string[];
  /** The id of the mutant, if one is active. */
  readonly activeMutant: string | undefined;
  /** A mutant that is reached more often than this throws, because it loops. */
  readonly hitLimit: number | undefined;
}

export type CaseMessage =
  | { readonly kind: "began"; readonly name: string }
  | { readonly kind: "ended"; readonly name: string; readonly error: string | undefined }
  | { readonly kind: "done"; readonly coverage: MutantCoverage | undefined };
