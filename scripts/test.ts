// npm test [-- WORD]: runs all checks and tests, or the steps with the word in their name. The last line counts them.
import { runSteps } from "./run-steps.ts";
import { STEPS } from "./test-steps.ts";

await runSteps(STEPS);
