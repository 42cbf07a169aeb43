// The cases that the mutants meet.
import { type Case, casesFor } from "../../tests/portable/harness.ts";
import { suites } from "../../tests/portable/suite.ts";

/** Those of both suites, without those that make thousands of calls. */
export const ALL_CASES: readonly Case[] = casesFor([...suites.trap, ...suites.portable], {
  light: true,
});
