// Writes which mutants a process has reached. Node imports this file before a test file, and before each program that
// the test starts.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.STRYKER_COVERAGE;
if (folder) {
  process.on("exit", () => {
    mkdirSync(folder, { recursive: true });
    const { static: atLoad, perTest } = globalThis.__stryker__?.mutantCoverage ?? {};
    const reached = [atLoad, ...Object.values(perTest ?? {})].flatMap((it) =>
      Object.entries(it ?? {}),
    );
    writeFileSync(join(folder, `${process.pid}.json`), JSON.stringify(reached));
  });
}
