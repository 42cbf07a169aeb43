// Ends a request if the headers of its answer take too long, or if the caller aborts it.

import { onAbort } from "../abort-listeners.js";
import { checkSignal } from "../arguments.js";
import { setTimer } from "../timers.js";

/**
 * Returns the answer of `run`. After `ms` milliseconds without the answer's headers, aborts the signal that `run` got,
 * and rejects with a `TimeoutError`. That signal also follows the caller's `signal`, to the end of the body.
 */
export async function withHeadersTimeout(
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  checkSignal(signal);
  // First: in a Worker's global scope, this call throws the clearest error.
  const timer = setTimer(() => {
    const message = `expected the headers of an answer within ${ms} ms, found none`;
    controller.abort(new DOMException(message, "TimeoutError"));
  }, ms);
  const controller = new AbortController();
  const { signal: requestSignal } = controller;
  // The caller's own `fetch` may ignore its signal.
  const aborted = new Promise<never>((_, reject) => {
    requestSignal.addEventListener("abort", () => reject(requestSignal.reason));
  });
  const stopFollowing = follow(signal, strongRef(controller));
  try {
    if (signal?.aborted) {
      controller.abort(signal.reason);
    }
    const answer = await Promise.race([aborted, run(requestSignal)]);
    const body: unknown = answer?.body;
    if (signal && typeof body === "object" && body !== null) {
      followWhileInUse(answer, body, signal, controller);
    }
    return answer;
  } finally {
    clearTimeout(timer);
    stopFollowing();
  }
}

interface Reference {
  deref(): AbortController | undefined;
}

/** A function of its own, because engines keep a variable alive for all closures of a function if one refers to it. */
const strongRef = (controller: AbortController): Reference => ({ deref: () => controller });

/** Aborts the controller when `signal` aborts. Returns a function that stops this. */
const follow = (signal: AbortSignal | undefined, controller: Reference): (() => void) =>
  onAbort(signal, () => controller.deref()?.abort(signal?.reason));

/** Keeps a controller alive as long as its answer or the answer's body. */
const controllersInUse = new WeakMap<object, AbortController>();
/** Stops following when a controller is garbage. */
let followRegistry: FinalizationRegistry<() => void> | undefined;

/** Follows `signal` as long as the answer or its body is in use, and no longer: a signal may outlive many answers. */
function followWhileInUse(
  answer: Response,
  body: object,
  signal: AbortSignal,
  controller: AbortController,
): void {
  const { WeakRef: Weak, FinalizationRegistry: Registry } = globalThis as Partial<
    typeof globalThis
  >;
  // Before the compatibility date 2025-05-05, Workers have neither class. There a signal ends with its request.
  const stopFollowing = follow(signal, Weak ? new Weak(controller) : strongRef(controller));
  controllersInUse.set(answer, controller);
  controllersInUse.set(body, controller);
  followRegistry ??= Registry && new Registry((stopFollowing) => stopFollowing());
  followRegistry?.register(controller, stopFollowing);
}
