import { abort } from "./abort.js";
import { unlessTrapped } from "./core.js";
import { AuthError, type ErrorRecord, internalError, safeCause } from "./errors.js";
import type { Glue } from "./glue.js";
import type { Origin, Outcome } from "./leader.js";
import { fetchOf, type Snapshot, secretsOf } from "./options.js";
import { inBrowser } from "./runtime.js";
import type { TokenRecord } from "./token.js";

/** What the core's exchange has come to: its end, or the task that waits for a promise. */
type Step =
  | { readonly token: TokenRecord; readonly whole: boolean }
  | { readonly error: ErrorRecord; readonly cause: unknown; readonly whole: boolean }
  | readonly [task: number, promise: unknown]
  | undefined;

/** The service, which is given the keys in exchange for a token. */
export function serviceOf(options: Snapshot): Origin {
  const secrets = secretsOf(options);
  return {
    async exchange(timeoutMs, signal) {
      let watch: Watch | undefined;
      try {
        const own = new Watch(timeoutMs, signal);
        watch = own;
        const fetch = heard(fetchOf(options) as typeof globalThis.fetch);
        const attempt = { ...options, timeoutMs, fetch, signal: own.signal };
        return await unlessTrapped((core) => drive(core, attempt, own, secrets));
      } catch (thrown) {
        return internalError(thrown, secrets);
      } finally {
        watch?.end();
      }
    },
  };
}

/** A `fetch` of whose rejections somebody hears, even when the core traps before it waits. */
function heard(fetch: typeof globalThis.fetch): typeof fetch {
  return (...given) => {
    const answer = Promise.resolve(fetch(...given));
    answer.catch(() => {});
    return answer;
  };
}

// Why a promise has no value, as the core takes it.
const REJECTED = 1;
const LATE = 2;
const LEFT = 3;

/** Waits for what the core's exchange waits for, until it has ended. */
async function drive(
  core: Glue,
  attempt: Snapshot,
  watch: Watch,
  secrets: readonly string[],
): Promise<Outcome | undefined> {
  if (watch.why) {
    return undefined; // nothing is sent for who has left already
  }
  let step = core.exchange(attempt, inBrowser()) as Step;
  while (Array.isArray(step)) {
    const [task, promise] = step as readonly [number, unknown];
    const [value, rejected] = await watch.wait(promise);
    const why = watch.why || rejected;
    step = core.resume(task, watch.why ? undefined : value, why) as Step;
  }
  const ended = step as Exclude<Step, readonly unknown[]>;
  if (ended === undefined) {
    return undefined;
  }
  watch.isOver = ended.whole;
  return "token" in ended
    ? ended.token
    : new AuthError(ended.error, safeCause(ended.cause, secrets));
}

/** Ends an attempt when its time is over or its caller leaves. */
class Watch {
  readonly #controller = new AbortController();
  readonly #caller: AbortSignal;
  readonly #timer: ReturnType<typeof setTimeout>;
  readonly #stopped: Promise<readonly [undefined, number]>;
  readonly #leave = () => this.#stop(LEFT);
  #resolve = (_: readonly [undefined, number]) => {};
  /** Why nobody waits any more; 0 while somebody does. */
  why = 0;
  /** Whether nothing is under way any more that could be aborted. */
  isOver = false;

  constructor(timeoutMs: number, caller: AbortSignal) {
    this.#caller = caller;
    this.#stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#timer = setTimeout(() => this.#stop(LATE), timeoutMs);
    caller.addEventListener("abort", this.#leave);
    if (caller.aborted) {
      this.#leave();
    }
  }

  /** What `fetch` is to be given. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** What `promise` comes to, for as long as the attempt lasts. */
  wait(promise: unknown): Promise<readonly [value: unknown, why: number]> {
    const settled = Promise.resolve(promise).then(
      (value) => [value, 0] as const,
      (thrown: unknown) => [thrown, REJECTED] as const,
    );
    return Promise.race([settled, this.#stopped]);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#caller.removeEventListener("abort", this.#leave);
    if (!this.isOver) {
      abort(this.#controller);
    }
  }

  #stop(why: number): void {
    this.why ||= why;
    this.#resolve([undefined, why]);
    abort(this.#controller);
  }
}
