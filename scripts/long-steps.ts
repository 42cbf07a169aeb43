// The steps of `npm run test:long`, in order: what takes too long for `npm test`.
import type { Step } from "./step.ts";
import { FAULTS } from "./test-steps.ts";

const SECONDS_PER_TARGET = "120";

export const LONG_STEPS: readonly Step[] = [
  {
    ...FAULTS,
    name: "faults, by every call, on more versions",
    env: { PAY4POWER_THOROUGH: "1" },
  },
  {
    name: "properties, fifty times as many runs",
    command: "node",
    args: [
      "--test",
      "--test-reporter=spec",
      "--test-timeout=1800000",
      "tests/properties/*.test.ts",
    ],
    env: { PAY4POWER_PROPERTY_FACTOR: "50" },
  },
  {
    name: "fuzzing",
    command: "node",
    args: ["scripts/fuzz.ts", "--seconds", SECONDS_PER_TARGET],
  },
  {
    name: "soak",
    command: "node",
    args: ["tests/soak/main.ts"],
  },
  {
    name: "mutation of the core",
    command: "node",
    args: ["scripts/mutate-core.ts"],
    notes: /^\|.*$/gm,
  },
  {
    name: "mutation of the TypeScript",
    command: "node",
    args: ["scripts/stryker/run.ts"],
    counts: /^\d+ mutants: (?<passed>\d+) killed, .*\n(?<failed>\d+) unexplained/gm,
    notes: /^(?:stale in survivors|NoCoverage|Survived) .*$/gm,
  },
];
