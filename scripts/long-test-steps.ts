// The steps of `npm run test:long`, in order: what takes too long for `npm test`.
import type { Step } from "./step.ts";
import { FAULTS } from "./test-steps.ts";

export const LONG_STEPS: readonly Step[] = [
  {
    ...FAULTS,
    name: "faults, by every call, on more versions",
    env: { PAY4POWER_THOROUGH: "1" },
  },
];
