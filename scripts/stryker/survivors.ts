// The mutants that no test kills, and why. A run fails if it finds another one, or if one of these is killed.
import type { Explained } from "./mutants.ts";

export const SURVIVORS: Readonly<Record<string, readonly Explained[]>> = {};
