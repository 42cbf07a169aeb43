// The process of the Node subject. It takes calls from its parent, and sends outcomes and samples.
import { readdirSync } from "node:fs";
import { instances } from "../support/instances.ts";
import type { Call, Outcome } from "./calls.ts";
import { jump, notes, Subject, type SubjectSettings } from "./subject.ts";

export type ToNode =
  | { readonly type: "start"; readonly settings: SubjectSettings }
  | { readonly type: "calls"; readonly calls: readonly Call[] }
  | { readonly type: "jump"; readonly ms: number }
  | { readonly type: "sample" };

export interface NodeSample {
  readonly heapBytes: number;
  readonly wasmBytes: number;
  readonly descriptors: number;
  readonly timers: number;
}

export type FromNode =
  | { readonly type: "ready" }
  | { readonly type: "outcomes"; readonly outcomes: readonly Outcome[]; readonly notes: string[] }
  | { readonly type: "sample"; readonly sample: NodeSample };

/** How long outcomes wait for others, so that they travel together. */
const BATCH_MS = 20;

let subject: Subject | undefined;
let settled: Outcome[] = [];

process.on("unhandledRejection", (reason) => notes.push(`an unhandled rejection: ${reason}`));
process.on("uncaughtException", (error) => notes.push(`an uncaught exception: ${error}`));
process.on("warning", (warning) => notes.push(`a warning: ${warning}`));
process.on("disconnect", () => process.exit());

process.on("message", (message: ToNode) => {
  switch (message.type) {
    case "start":
      subject = new Subject(message.settings);
      tell({ type: "ready" });
      break;
    case "calls":
      for (const call of message.calls) {
        subject?.run(call).then(report);
      }
      break;
    case "jump":
      // Messages that come together are handled without a pause for promises. A jump must not come between the hand-out
      // of a token and its caller.
      setImmediate(jump, message.ms);
      break;
    case "sample":
      globalThis.gc?.();
      tell({ type: "sample", sample: sample() });
  }
});

function report(outcome: Outcome): void {
  settled.push(outcome);
  if (settled.length === 1) {
    setTimeout(() => {
      tell({ type: "outcomes", outcomes: settled, notes: notes.splice(0) });
      settled = [];
    }, BATCH_MS);
  }
}

function sample(): NodeSample {
  const resources = process.getActiveResourcesInfo();
  return {
    heapBytes: process.memoryUsage().heapUsed,
    wasmBytes: instances().bytes,
    descriptors: readdirSync("/proc/self/fd").length,
    timers: resources.filter((resource) => resource === "Timeout").length,
  };
}

function tell(message: FromNode): void {
  process.send?.(message);
}
