// npm run test:long [-- WORD]: runs the long forms of tests, or the steps with the word in their name.
import { LONG_STEPS } from "./long-steps.ts";
import { runSteps } from "./run-steps.ts";

await runSteps(LONG_STEPS);
