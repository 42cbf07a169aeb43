// What the orchestrator needs of a subject: a process of Node, or a Worker in workerd.
import { leaks } from "../support/leaks.ts";
import type { Call, Outcome } from "./calls.ts";
import type { Sample } from "./memory.ts";
import type { Problems } from "./problems.ts";

export interface Host {
  readonly runtime: "node" | "workerd";
  readonly version: string;
  /** True if a Worker's request can return while its exchange is under way, and if its deadlines follow the wall clock. */
  readonly isWorker: boolean;
  start(): Promise<void>;
  /** Ends the subject at once. Calls that are under way are lost. */
  stop(): Promise<void>;
  /** Makes calls. Reports each outcome. */
  run(calls: readonly Call[]): void;
  /** Sets the subject's wall clock ahead. */
  jump(ms: number): Promise<void>;
  /** The search of what the subject prints. */
  readonly output: OutputCheck;
  /** Measures the subject after a garbage collection. */
  sample(): Promise<Sample>;
}

/** Gets what a host reports. */
export interface Reports {
  outcomes(outcomes: readonly Outcome[]): void;
  readonly problems: Problems;
}

/** What workerd and Node print of defects. */
const COMPLAINT =
  /different request|request context|on behalf of|has since completed|hung|unhandled|MaxListeners/i;
/**
 * workerd prints this warning if a request ends while it waits for another request's exchange. No call is lost, because
 * the caller has left. The report counts the warnings.
 */
const HARMLESS = /^Warning: A promise was resolved .* creating request has already been completed/;
/** Longer than a token or a key, so that no secret is lost between two pieces of output. */
const KEPT_CHARACTERS = 1_000;

/** Searches the output of a subject for secrets and for complaints of its runtime. */
export class OutputCheck {
  readonly #runtime: string;
  readonly #problems: Problems;
  #tail = "";
  characters = 0;
  /** How many warnings of the harmless kind came. */
  warnings = 0;

  constructor(runtime: string, problems: Problems) {
    this.#runtime = runtime;
    this.#problems = problems;
  }

  add(text: string): void {
    this.characters += text.length;
    const all = this.#tail + text;
    if (leaks(all)) {
      this.#problems.add(`${this.#runtime}: the output shows a key or a token`);
      this.#tail = "";
      return;
    }
    for (const line of text.split("\n").filter((line) => COMPLAINT.test(line))) {
      if (HARMLESS.test(line)) {
        this.warnings += 1;
      } else {
        this.#problems.add(`${this.#runtime} printed: ${line.slice(0, 300)}`);
      }
    }
    this.#tail = all.slice(-KEPT_CHARACTERS);
  }
}
