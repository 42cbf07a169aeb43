// The fetch of a client, and the rules that keep the runtime from sending a request twice.

import { isInstance, type Runtime, runtime } from "../runtime.js";
import type { RequestBody } from "./body.js";
import { type Init, nullObject } from "./request.js";

type Fetch = typeof globalThis.fetch;

/** The changes to a caller's request before it is sent. */
export interface SendOverrides {
  /** Adds the headers that the runtime would have derived from the body. */
  readonly addHeaders: ((headers: Headers) => void) | undefined;
  /** Returns members for the second argument of `fetch`. Called for each send. */
  readonly init: (() => Init) | undefined;
}

/** No change: the caller's request is sent as it is. An absent member would be inherited from a polluted prototype. */
export const NO_OVERRIDES: SendOverrides = { addHeaders: undefined, init: undefined };

/**
 * Returns the changes that keep a runtime from repeating a request by itself. Called for other methods than GET, HEAD
 * and OPTIONS. `init` has the caller's members. It is `undefined` for a `Request`, because no code can read all of its
 * members.
 */
export type ResendGuard = (
  transport: Transport,
  body: RequestBody,
  init: Init | undefined,
) => SendOverrides | Promise<SendOverrides>;

let resendGuards: Partial<Record<Runtime, ResendGuard>> = {};
let removeAnswer: ((thrown: unknown) => void) | undefined;

/**
 * Sets the guards of other runtimes than Workers: what keeps each from repeating a request, and what removes the
 * service's bytes, which may repeat the token, from an error of the platform's fetch. The entry for Workers does not
 * call this, and so is smaller.
 */
export function installRuntimeGuards(
  resend: typeof resendGuards,
  remove: typeof removeAnswer,
): void {
  resendGuards = resend;
  removeAnswer = remove;
}

/** The methods that may be sent twice without harm (RFC 9110, section 9.2.1). */
const SAFE_METHODS = ["GET", "HEAD", "OPTIONS"];

/** The platform's fetch, before other code wraps it. */
const fetchAtImport = globalThis.fetch as Fetch | undefined;

/** The fetch of a client: the caller's own or the platform's. */
export class Transport {
  /** A resource that only this transport uses. It closes the resource. */
  denoClient: { close(): void } | undefined;
  isClosed = false;
  /** True if the fetch is the platform's, also if other code replaces that one later. */
  readonly isPlatformFetch: boolean;
  readonly #callerFetch: Fetch | undefined;

  constructor(fetch: unknown) {
    this.#callerFetch = fetch as Fetch | undefined;
    this.isPlatformFetch = [undefined, globalThis.fetch, fetchAtImport].includes(this.#callerFetch);
  }

  /** The fetch to call. Looks up the platform's each time, because other code may replace it. */
  get fetch(): Fetch {
    return this.#callerFetch ?? globalThis.fetch;
  }

  /** Sends a request with a token. An error of the platform's fetch shows nothing of the answer. */
  send(input: Request | string, init: Init): Promise<Response> {
    const { fetch } = this; // called unbound
    const answer = fetch(input, init as RequestInit);
    const remove = this.isPlatformFetch && removeAnswer;
    return remove
      ? Promise.resolve(answer).catch((thrown: unknown) => {
          remove(thrown); // a test double may answer without a promise, so `answer` itself may have no `catch`
          throw thrown;
        })
      : answer;
  }

  /** Returns the changes that keep the runtime from repeating a request by itself. */
  preventResend(
    method: string,
    body: RequestBody,
    init: Init | undefined,
  ): SendOverrides | Promise<SendOverrides> {
    const name = SAFE_METHODS.includes(method) ? method : method.toUpperCase();
    if (SAFE_METHODS.includes(name)) {
      return NO_OVERRIDES;
    }
    const currentRuntime = runtime();
    // workerd does not repeat a request after a 421. But from 2026-11 on it sends a request without a body again when a
    // connection breaks that had been used before, if the method may be repeated (RFC 9110, section 9.2.2). It does not
    // if it can't know that the body is empty.
    if (currentRuntime === "workers" && !["POST", "PATCH"].includes(name) && mayBeEmpty(body)) {
      return {
        ...NO_OVERRIDES,
        init: () => Object.assign(nullObject(), { body: piped(body) }),
      };
    }
    return resendGuards[currentRuntime]?.(this, body, init) ?? NO_OVERRIDES;
  }

  close(): void {
    this.isClosed = true;
    this.denoClient?.close();
    this.denoClient = undefined;
  }
}

/** Returns true if there is no body, if the body is empty, or if it is a stream, which may be empty. */
function mayBeEmpty({ body, copy }: RequestBody): boolean {
  if (copy === undefined) {
    return body === undefined || isInstance(body, "ReadableStream");
  }
  const { length, size } = Object(copy) as { readonly length?: number; readonly size?: number };
  return (length ?? size) === 0;
}

/** Returns the body as a stream through a pipe, so that its length is not known. */
function piped({ body }: RequestBody): ReadableStream {
  const pipe = new TransformStream();
  if (isInstance(body, "ReadableStream")) {
    return (body as ReadableStream).pipeThrough(pipe);
  }
  pipe.writable
    .getWriter()
    .close()
    .catch(() => {});
  return pipe.readable;
}
