// Runs the portable cases and those with traps on the instrumented package, against servers of this process.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { MutantCoverage } from "@stryker-mutator/api/core";
import { startSandbox } from "../../sandbox/server.ts";
import { BASE_PATH, KEYS, TOKEN_PATHS } from "../../sandbox/service.ts";
import type { Places } from "../../tests/portable/harness.ts";
import { startScriptServer } from "../../tests/support/script-server.ts";
import { ALL_CASES } from "./all-cases.ts";
import type { CaseMessage, Job } from "./messages.ts";
import type { Outcome } from "./outcome.ts";
import { CASES_PROCESS, consumerFolder } from "./places.ts";

/** The names of the cases. */
export const CASES: readonly string[] = ALL_CASES.map(({ name }) => name);

export interface CaseRun {
  readonly outcomes: readonly Outcome[];
  readonly coverage: MutantCoverage | undefined;
}

type JobOfMutant = Pick<Job, "names" | "activeMutant" | "hitLimit">;

/** The servers that the cases call, and the cases. */
export class Cases {
  readonly #places: Places;
  readonly #servers: readonly { close(): Promise<void> }[];

  private constructor(places: Places, servers: readonly { close(): Promise<void> }[]) {
    this.#places = places;
    this.#servers = servers;
  }

  static async start(): Promise<Cases> {
    const sandbox = await startSandbox({ control: true });
    const script = await startScriptServer(join("dist", "core.wasm"));
    const other = await startScriptServer();
    const origin = sandbox.baseUrl.slice(0, -BASE_PATH.length);
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
    const places: Places = {
      suite: "portable",
      tokenUrls: TOKEN_PATHS.map((path) => origin + BASE_PATH + path),
      baseUrl: sandbox.baseUrl,
      controlUrl: sandbox.controlUrl ?? "",
      ...KEYS,
      scriptUrl: script.url,
      otherUrl: other.url,
      coreUrl: `${script.url}/core.wasm`,
      version,
      light: true,
      thorough: false,
      browser: false,
    };
    return new Cases(places, [sandbox, script, other]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.close()));
  }

  /** Runs the cases in a new process: a mutant may hang it, or leave clocks and timers replaced. */
  async run(job: JobOfMutant, limitMsOf: (name: string) => number): Promise<CaseRun> {
    const child = fork(join(consumerFolder(), CASES_PROCESS), {
      cwd: consumerFolder(),
      execArgv: ["--expose-gc"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    const full: Job = { ...job, places: this.#places };
    child.send(full);
    return follow(child, limitMsOf);
  }
}

/** Follows a process to its end. Ends it if a case takes longer than its limit. */
async function follow(child: ChildProcess, limitMsOf: (name: string) => number): Promise<CaseRun> {
  const outcomes: Outcome[] = [];
  let coverage: MutantCoverage | undefined;
  let running: string | undefined;
  let beganMs = 0;
  let hangs = false;
  let isDone = false;
  let timer: NodeJS.Timeout | undefined;
  let written = "";
  child.stderr?.on("data", (chunk) => {
    written += chunk;
  });
  child.on("message", (message: CaseMessage) => {
    clearTimeout(timer);
    if (message.kind === "began") {
      running = message.name;
      beganMs = performance.now();
      timer = setTimeout(() => {
        hangs = true;
        child.kill("SIGKILL");
      }, limitMsOf(message.name));
    } else if (message.kind === "ended") {
      const { name, error } = message;
      running = undefined;
      outcomes.push({ name, ms: performance.now() - beganMs, error, hangs: false });
    } else {
      ({ coverage } = message);
      isDone = true;
    }
  });
  await once(child, "exit");
  clearTimeout(timer);
  if (!isDone) {
    const name = running ?? CASES[0] ?? "";
    outcomes.push({ name, ms: performance.now() - beganMs, error: `ended: ${written}`, hangs });
  }
  return { outcomes, coverage };
}
