// Runs test files on the instrumented package, each in a process of its own.
import { spawn } from "node:child_process";
import { globSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { WORKER_BANNER } from "../workerd.ts";
import type { Outcome } from "./outcome.ts";
import { coverageFolder } from "./places.ts";

/** The test files that call the package in Node, and that take a few seconds at most. */
export const TEST_FILES: readonly string[] = [
  "as-on-workers",
  "border",
  "caller-fetch",
  "callers-objects",
  "causes",
  "client-defects",
  "coordinator-alarm",
  "coordinator-answers",
  "coordinator-clocks",
  "coordinator-object",
  "coordinator-options",
  "coordinator-questions",
  "coordinator-reports",
  "core-instances",
  "exchange",
  "exchange-cache",
  "fake-timers",
  "fetch-arguments",
  "lease",
  "node",
  "overdue-exchanges",
  "runtime-guards",
  "seal",
  "slim",
  "stores",
  "properties/client-model",
  "properties/fetch-inputs",
  "properties/orders",
  "properties/stored",
].map((name) => `tests/${name}.test.ts`);

/** A test file with a Worker in workerd, which tests of it run, and the files whose mutants they meet. */
interface WorkerFile {
  readonly tests: string;
  readonly mutated: readonly string[];
}

/** These run last: they need more seconds, and only they show what workerd alone does. */
export const WORKER_FILES: Readonly<Record<string, WorkerFile>> = {
  "tests/matrix/leader.test.ts": {
    tests: "service",
    mutated: ["exchanges", "in-flight", "token-source"].map((name) => `npm/client/${name}.ts`),
  },
};

const recorder = pathToFileURL(fileURLToPath(new URL("record-coverage.mjs", import.meta.url)));

/** The tests of a file's size: Stryker makes files larger. */
const SKIP = "--test-skip-pattern=^the stores load neither the Wasm nor unstorage$";

export interface FileRun {
  readonly outcome: Outcome;
  /** How often each mutant was reached. */
  readonly reached: Readonly<Record<string, number>>;
}

/** Runs a test file. `activeMutant` is the id of the mutant, if one is active. */
export async function runTestFile(
  name: string,
  activeMutant: string | undefined,
  limitMs: number,
): Promise<FileRun> {
  rmSync(coverageFolder(), { recursive: true, force: true });
  const beganMs = performance.now();
  const worker = WORKER_FILES[name];
  const args = worker ? [`--test-name-pattern=${worker.tests}`] : [SKIP];
  const child = spawn(process.execPath, [...args, name], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      PAY4POWER_TARBALL: join("target", "npm", `pay4power-auth-${version()}.tgz`),
      NODE_OPTIONS: `--import=${recorder.href}`,
      ...(activeMutant === undefined
        ? { STRYKER_COVERAGE: coverageFolder() }
        : {
            __STRYKER_ACTIVE_MUTANT__: activeMutant,
            [WORKER_BANNER]: `globalThis.__stryker__ = { activeMutant: "${activeMutant}" };`,
          }),
    },
    detached: true, // a group of its own, so that its own programs end with it
  });
  let hangs = false;
  const timer = setTimeout(() => {
    hangs = true;
    if (child.pid !== undefined) {
      process.kill(-child.pid, "SIGKILL");
    }
  }, limitMs);
  const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  clearTimeout(timer);
  const error = code === 0 ? undefined : `${out}${err}`;
  return {
    outcome: { name, ms: performance.now() - beganMs, error, hangs },
    reached: worker ? mutantsIn(worker.mutated) : reached(),
  };
}

/** No process tells which mutants a Worker has reached. So it counts as having reached all in these files. */
function mutantsIn(files: readonly string[]): Record<string, number> {
  const ids = files.flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/stryMutAct_\w+\("(\d+)"\)/g)].map(([, id = ""]) => id),
  );
  return Object.fromEntries(ids.map((id) => [id, 1]));
}

/** The version that the tarball's name has. */
const version = () =>
  (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version;

function reached(): Record<string, number> {
  const total: Record<string, number> = {};
  for (const file of globSync("*.json", { cwd: coverageFolder() })) {
    const entries = JSON.parse(readFileSync(join(coverageFolder(), file), "utf8")) as [
      string,
      number,
    ][];
    for (const [id, times] of entries) {
      total[id] = (total[id] ?? 0) + times;
    }
  }
  return total;
}
