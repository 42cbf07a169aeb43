// Runs cases in a process of its own, up to the first that fails.
import { createRequire } from "node:module";
import process from "node:process";
import type * as Library from "pay4power-auth";
import { runCases } from "../../tests/portable/harness.ts";
import { ALL_CASES } from "./all-cases.ts";
import type { CaseMessage, Job } from "./messages.ts";

/** What the instrumented code reads and writes. */
interface StrykerGlobal {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number;
  hitLimit?: number | undefined;
  mutantCoverage?: Extract<CaseMessage, { kind: "done" }>["coverage"];
}

// `on`, not `once`: a listener keeps the process alive while a case waits.
process.on("message", async ({ places, names, activeMutant, hitLimit }: Job) => {
  const stryker: StrykerGlobal = { activeMutant };
  if (hitLimit !== undefined) {
    Object.assign(stryker, { hitCount: 0, hitLimit });
  }
  Object.assign(globalThis, { __stryker__: stryker });
  const lib = createRequire(import.meta.url)("pay4power-auth") as typeof Library;
  for (const name of names) {
    const one = ALL_CASES.filter((it) => it.name === name);
    stryker.currentTestId = name;
    await tell({ kind: "began", name });
    const [result] = await runCases(one, { ...places, lib });
    await tell({ kind: "ended", name, error: result ? result.error : "was not run" });
    if (result?.error !== undefined && activeMutant !== undefined) {
      break;
    }
  }
  await tell({ kind: "done", coverage: stryker.mutantCoverage });
  process.exit();
});

const tell = (message: CaseMessage) =>
  new Promise<void>((resolve) => process.send?.(message, () => resolve()));
