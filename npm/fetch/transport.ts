// Sends requests, and keeps the runtime from sending one of them twice.

import { isInstance, type Runtime, runtime } from "../runtime.js";
import type { Body } from "./body.js";
import { type Init, nullObject } from "./request.js";

type Fetch = typeof globalThis.fetch;

/** What a request is sent with, beside what its caller gave. */
export interface SendOverrides {
  /** Adds the headers that the runtime would have made of the body. */
  addHeaders?(headers: Headers): void;
  /** Members of the second argument, made anew for each send. */
  init?(): Init;
}

/** Sends a request as its caller gave it. */
export const NO_OVERRIDES: SendOverrides = {};

/**
 * Says how to send a request, of another method than GET, HEAD or OPTIONS, so that the runtime does not repeat it by
 * itself. `given` is what the caller gave, or nothing for a Request, in which nobody can read all.
 */
export type ResendGuard = (
  transport: Transport,
  body: Body,
  given: Init | undefined,
) => SendOverrides | Promise<SendOverrides>;

let guards: Partial<Record<Runtime, ResendGuard>> = {};

/** Sets the guards of other runtimes than Workers. A bundle for Workers has none of them. */
export function installResendGuards(others: typeof guards): void {
  guards = others;
}

/** What does no harm when it is sent twice (RFC 9110, section 9.2.1). */
const SAFE = ["GET", "HEAD", "OPTIONS"];

/** The platform's fetch, before anybody wraps it. */
const atImport = globalThis.fetch as Fetch | undefined;

/** A client's fetch, given or the platform's. */
export class Transport {
  /** What this transport alone sends with, and closes. */
  owned: { close(): void } | undefined;
  isClosed = false;
  /** Whether it is the platform's, also when somebody replaces that later. */
  readonly isPlatforms: boolean;
  readonly #given: Fetch | undefined;

  constructor(fetch: unknown) {
    this.#given = fetch as Fetch | undefined;
    this.isPlatforms = [undefined, globalThis.fetch, atImport].includes(this.#given);
  }

  /** The platform's is looked up each time, for those who replace it. */
  get fetch(): Fetch {
    return this.#given ?? globalThis.fetch;
  }

  /** How to send a request so that the runtime does not repeat it by itself. */
  preventResend(
    method: string,
    body: Body,
    given: Init | undefined,
  ): SendOverrides | Promise<SendOverrides> {
    const name = SAFE.includes(method) ? method : method.toUpperCase();
    if (SAFE.includes(name)) {
      return NO_OVERRIDES;
    }
    const on = runtime();
    // workerd, from 2026-11 on, sends a request without a body again when a connection breaks that had been used
    // before, if its method may be repeated (RFC 9110, section 9.2.2). But not a body of which it does not know
    // that it is empty.
    if (on === "workers" && !["POST", "PATCH"].includes(name) && mayBeEmpty(body)) {
      return { init: () => Object.assign(nullObject(), { body: piped(body) }) };
    }
    return guards[on]?.(this, body, given) ?? NO_OVERRIDES;
  }

  close(): void {
    this.isClosed = true;
    this.owned?.close();
    this.owned = undefined;
  }
}

/** Whether it has no body, or one that is empty, or a stream that may be. */
function mayBeEmpty({ body, copy }: Body): boolean {
  if (copy === undefined) {
    return body === undefined || isInstance(body, "ReadableStream");
  }
  const { length, size } = Object(copy) as { readonly length?: number; readonly size?: number };
  return (length ?? size) === 0;
}

/** What is piped has no known length. */
function piped({ body }: Body): ReadableStream {
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
