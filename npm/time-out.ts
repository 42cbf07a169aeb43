// Ends a request whose answer takes too long, or whose caller gives it up.
import { setTimer } from "./clock.js";
import { onAbort } from "./ending.js";
import { checkSignal } from "./given.js";

/**
 * Returns the answer of `run`. After `ms` without the answer's headers, aborts the signal that `run` has, and
 * rejects with a `TimeoutError`. The signal also follows `signal`, the caller's, to the end of the body.
 */
export async function untilHeaders(
  ms: number,
  signal: AbortSignal | undefined,
  run: (signal: AbortSignal) => Promise<Response>,
): Promise<Response> {
  const followers = checkSignal(signal) && followersOf(signal as AbortSignal);
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
  const reference = strong(controller);
  followers?.add(reference);
  try {
    if (signal?.aborted) {
      controller.abort(signal.reason);
    }
    const answer = await Promise.race([aborted, run(own)]);
    const body: unknown = answer?.body;
    if (typeof body === "object" && body !== null) {
      followers?.addFor(answer, body, controller);
    }
    return answer;
  } finally {
    clearTimeout(timer);
    followers?.delete(reference);
  }
}

interface Reference {
  deref(): AbortController | undefined;
}

/** In a function of its own: engines keep what one closure of a function refers to for all of them. */
const strong = (controller: AbortController): Reference => ({ deref: () => controller });

/** The controllers that follow a signal. However many there are, the signal has one listener. */
class Followers {
  readonly #signal: AbortSignal;
  readonly #all = new Set<Reference>();
  #stop = () => {};

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  add(follower: Reference): void {
    if (this.#all.size === 0) {
      this.#stop = onAbort(this.#signal, () => {
        for (const follower of this.#all) {
          follower.deref()?.abort(this.#signal.reason);
        }
      });
    }
    this.#all.add(follower);
  }

  delete(follower: Reference): void {
    if (this.#all.delete(follower) && this.#all.size === 0) {
      this.#stop();
    }
  }

  /** Adds it for as long as the answer or its body is in use: a signal may outlive many answers. */
  addFor(answer: Response, body: object, controller: AbortController): void {
    const { WeakRef: Weak, FinalizationRegistry: Registry } = globalThis as Partial<
      typeof globalThis
    >;
    // Workers have neither before the compatibility date 2025-05-05. There a signal ends with its request.
    const follower = Weak ? new Weak(controller) : strong(controller);
    this.add(follower);
    keptBy.set(answer, controller);
    keptBy.set(body, controller);
    collected ??= Registry && new Registry(([followers, gone]) => followers.delete(gone));
    collected?.register(controller, [this, follower]);
  }
}

const allFollowers = new WeakMap<AbortSignal, Followers>();
const keptBy = new WeakMap<object, AbortController>();
let collected: FinalizationRegistry<[Followers, Reference]> | undefined;

function followersOf(signal: AbortSignal): Followers {
  const followers = allFollowers.get(signal) ?? new Followers(signal);
  allFollowers.set(signal, followers);
  return followers;
}
