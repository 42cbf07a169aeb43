// Runs the Node subject in a process of its own.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { KEYS } from "../../sandbox/service.ts";
import type { Call } from "./calls.ts";
import { type Host, OutputCheck, type Reports } from "./host.ts";
import type { Sample } from "./memory.ts";
import type { FromNode, ToNode } from "./node-process.ts";

export class NodeHost implements Host {
  readonly runtime = "node";
  readonly isWorker = false;
  readonly version: string;
  readonly #program: string;
  readonly #folder: string;
  readonly #origin: () => string;
  readonly #reports: Reports;
  readonly output: OutputCheck;
  #child: ChildProcess | undefined;
  #generation = 0;

  /** `program` is the path of Node, and `folder` a project with the packed package. */
  constructor(
    { program, version, folder }: { program: string; version: string; folder: string },
    origin: () => string,
    reports: Reports,
  ) {
    this.version = version;
    this.#program = program;
    this.#folder = folder;
    this.#origin = origin;
    this.#reports = reports;
    this.output = new OutputCheck("node", reports.problems);
  }

  async start(): Promise<void> {
    const child = fork(join(this.#folder, "node-process.ts"), {
      cwd: this.#folder,
      execPath: this.#program,
      execArgv: ["--expose-gc", "--disable-warning=ExperimentalWarning"],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.#child = child;
    for (const output of [child.stdout, child.stderr]) {
      output?.setEncoding("utf8").on("data", (text: string) => this.output.add(text));
    }
    child.on("message", (message: FromNode) => this.#hear(message));
    child.on("exit", (code) => {
      if (child === this.#child) {
        this.#reports.problems.add(`node ended by itself with code ${code}`);
      }
    });
    this.#generation += 1;
    const settings = { ...KEYS, origin: this.#origin(), name: `n${this.#generation}` };
    const ready = this.#next("ready");
    this.#tell({ type: "start", settings });
    await ready;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
  }

  run(calls: readonly Call[]): void {
    this.#tell({ type: "calls", calls });
  }

  async jump(ms: number): Promise<void> {
    this.#tell({ type: "jump", ms });
  }

  async sample(): Promise<Sample> {
    const answer = this.#next("sample");
    this.#tell({ type: "sample" });
    const { sample } = await answer;
    return sample;
  }

  #hear(message: FromNode): void {
    if (message.type === "outcomes") {
      for (const note of message.notes) {
        this.#reports.problems.add(`node: ${note}`);
      }
      this.#reports.outcomes(message.outcomes);
    }
  }

  /** Resolves to the next message of a type. */
  #next<Type extends FromNode["type"]>(type: Type): Promise<FromNode & { type: Type }> {
    const child = this.#child;
    return new Promise((resolve, reject) => {
      const hear = (message: FromNode) => {
        if (message.type === type) {
          child?.off("message", hear);
          child?.off("exit", end);
          resolve(message as FromNode & { type: Type });
        }
      };
      const end = () => reject(new Error("the process of the Node subject ended"));
      child?.on("message", hear);
      child?.once("exit", end);
    });
  }

  #tell(message: ToNode): void {
    this.#child?.send(message, () => {}); // a process that was stopped takes no message
  }
}
