// Runs the subject as a Worker in workerd.
import { KEYS } from "../../sandbox/service.ts";
import { bundleWorker, type Module, startModules, type Worker } from "../../scripts/workerd.ts";
import { heapBytesOf } from "../support/workerd-heap.ts";
import { newest, onBuild } from "../support/workerds.ts";
import { type Call, GRACE_MS, type Outcome, REQUEST_TIMEOUT_MS } from "./calls.ts";
import { childRunning, descriptorsOf, type Host, OutputCheck, type Reports } from "./host.ts";
import type { Sample } from "./memory.ts";
import { SHARED } from "./service.ts";

/** How many calls one request of the Worker makes. */
const CALLS_PER_REQUEST = 10;
/** Longer than any call of a request may take. */
const REQUEST_LIMIT_MS = 2 * (REQUEST_TIMEOUT_MS + GRACE_MS);

interface Told {
  readonly outcomes: readonly Outcome[];
  readonly notes: readonly string[];
}

export class WorkerHost implements Host {
  readonly runtime = "workerd";
  readonly isWorker = true;
  readonly version = newest.version;
  readonly #entry: string;
  readonly #origin: () => string;
  readonly #reports: Reports;
  readonly output: OutputCheck;
  #modules: Module[] | undefined;
  #worker: Worker | undefined;
  #generation = 0;

  /** `entry` is the Worker's module, in a project with the packed package. */
  constructor(entry: string, origin: () => string, reports: Reports) {
    this.#entry = entry;
    this.#origin = origin;
    this.#reports = reports;
    this.output = new OutputCheck("workerd", reports.problems);
  }

  async start(): Promise<void> {
    this.#modules ??= await bundleWorker(this.#entry);
    const modules = this.#modules;
    this.#generation += 1;
    this.#worker = await onBuild(newest, () =>
      startModules({
        modules,
        bindings: {
          ORIGIN: this.#origin(),
          NAME: `${SHARED}${this.#generation}`,
          PUBLIC_KEY: KEYS.publicKey,
          PRIVATE_KEY: KEYS.privateKey,
        },
        compatibilityDate: newest.newestDate,
        inspectorPort: 0,
        onOutput: (text) => this.output.add(text),
      }),
    );
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.worker.dispose();
  }

  run(calls: readonly Call[]): void {
    const worker = this.#worker;
    const leaving = calls.filter(({ kind }) => kind === "leave");
    const others = calls.filter(({ kind }) => kind !== "leave");
    for (let from = 0; from < others.length; from += CALLS_PER_REQUEST) {
      const batch = others.slice(from, from + CALLS_PER_REQUEST);
      this.#post<Told>("/calls", batch).then(
        ({ outcomes, notes }) => {
          if (worker !== this.#worker) {
            return; // its calls are lost
          }
          for (const note of notes) {
            this.#reports.problems.add(`workerd: ${note}`);
          }
          this.#reports.outcomes(outcomes);
        },
        (error) => this.#fail(worker, error),
      );
    }
    for (const call of leaving) {
      this.#post("/leave", call).catch((error) => this.#fail(worker, error));
    }
  }

  async jump(ms: number): Promise<void> {
    await this.#post(`/jump?ms=${ms}`);
  }

  async sample(): Promise<Sample> {
    const worker = this.#worker;
    if (worker === undefined) {
      throw new Error("the Worker is stopped");
    }
    const { wasmBytes } = await this.#post<{ wasmBytes: number }>("/sample");
    const heapBytes = await heapBytesOf(worker, () => this.#post("/sample"));
    const pid = childRunning(newest.path);
    const descriptors = pid === undefined ? undefined : descriptorsOf(pid);
    return { heapBytes, wasmBytes, descriptors, timers: undefined };
  }

  #fail(worker: Worker | undefined, error: unknown): void {
    // A Worker that was stopped takes its requests with it.
    if (worker === this.#worker) {
      this.#reports.problems.add(`workerd: a request of the Worker failed: ${error}`);
    }
  }

  async #post<Body>(path: string, body: unknown = {}): Promise<Body> {
    const worker = this.#worker;
    if (worker === undefined) {
      throw new Error("the Worker is stopped");
    }
    const response = await fetch(new URL(path, worker.url), {
      method: "POST",
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
    });
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${response.status}: ${text.slice(0, 300)}`);
    }
    return JSON.parse(text) as Body;
  }
}
