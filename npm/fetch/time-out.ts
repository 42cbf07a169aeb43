// Ends a request whose answer takes too long, or whose caller gives it up.

import { checkSignal } from "../arguments.js";
import { onAbort } from "../client/cancellation.js";
import { setTimer } from "../clock.js";

/**
 * Returns the answer of `run`. After `ms` without the answer's headers, aborts the signal that `run` has, and
 * rejects with a `TimeoutError`. The signal also follows `signal`, the caller's, to the end of the body.
 */
export async function withHeadersTimeout(
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  checkSignal(signal);
  // First: what a Worker's global scope does not allow, this says best.
  const timer = setTimer(() => {
    const late = `expected the headers of an answer within ${ms} ms, found none`;
    controller.abort(new DOMException(late, "TimeoutError"));
  }, ms);
  const controller = new AbortController();
  const { signal: own } = controller;
  // A `fetch` that was given may not look at its signal.
  const aborted = new Promise<never>((_, reject) => {
    own.addEventListener("abort", () => reject(own.reason));
  });
  const stop = follow(signal, strong(controller));
  try {
    if (signal?.aborted) {
      controller.abort(signal.reason);
    }
    const answer = await Promise.race([aborted, run(own)]);
    const body: unknown = answer?.body;
    if (signal && typeof body === "object" && body !== null) {
      followFor(answer, body, signal, controller);
    }
    return answer;
  } finally {
    clearTimeout(timer);
    stop();
  }
}

interface Reference {
  deref(): AbortController | undefined;
}

/** In a function of its own: engines keep what one closure of a function refers to for all of them. */
const strong = (controller: AbortController): Reference => ({ deref: () => controller });

/** Has the controller abort as soon as `signal` does. Returns a function that ends this. */
const follow = (signal: AbortSignal | undefined, controller: Reference): (() => void) =>
  onAbort(signal, () => controller.deref()?.abort(signal?.reason));

/** Follows for as long as the answer or its body is in use: a signal may outlive many answers. */
function followFor(
  answer: Response,
  body: object,
  signal: AbortSignal,
  controller: AbortController,
): void {
  const { WeakRef: Weak, FinalizationRegistry: Registry } = globalThis as Partial<
    typeof globalThis
  >;
  // Workers have neither before the compatibility date 2025-05-05. There a signal ends with its request.
  const stop = follow(signal, Weak ? new Weak(controller) : strong(controller));
  keptBy.set(answer, controller);
  keptBy.set(body, controller);
  collected ??= Registry && new Registry((stop) => stop());
  collected?.register(controller, stop);
}

const keptBy = new WeakMap<object, AbortController>();
let collected: FinalizationRegistry<() => void> | undefined;
