// Sends requests, and keeps the runtime from sending one of them twice.
import type { Body } from "./body.js";
import { bare, type Init } from "./request.js";
import { isA, type Runtime, runtime } from "./runtime.js";

type Fetch = typeof globalThis.fetch;

/** What a request is sent with, beside what its caller gave. */
export interface Sending {
  /** Adds the headers that the runtime would have made of the body. */
  addHeaders?(headers: Headers): void;
  /** Members of the second argument, made anew for each send. */
  init?(): Init;
}

/** Sends a request as its caller gave it. */
export const AS_GIVEN: Sending = {};

/**
 * Says how to send a request, of another method than GET, HEAD or OPTIONS, so that the runtime does not repeat it by
 * itself. `given` is what the caller gave, or nothing for a Request, in which nobody can read all.
 */
export type Guard = (
  transport: Transport,
  body: Body,
  given: Init | undefined,
) => Sending | Promise<Sending>;

let guards: Partial<Record<Runtime, Guard>> = {};

/** Sets the guards of other runtimes than Workers. A bundle for Workers has none of them. */
export function installGuards(others: typeof guards): void {
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
  once(method: string, body: Body, given: Init | undefined): Sending | Promise<Sending> {
    const name = SAFE.includes(method) ? method : method.toUpperCase();
    if (SAFE.includes(name)) {
      return AS_GIVEN;
    }
    const on = runtime();
    // workerd, from 2026-11 on, sends a request without a body again when a connection breaks that had been used
    // before, if its method may be repeated (RFC 9110, section 9.2.2). But not a body of which it does not know
    // that it is empty.
    if (on === "workers" && !["POST", "PATCH"].includes(name) && mayBeEmpty(body)) {
      return { init: () => Object.assign(bare(), { body: piped(body) }) };
    }
    return guards[on]?.(this, body, given) ?? AS_GIVEN;
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
    return body === undefined || isA(body, "ReadableStream");
  }
  const { length, size } = Object(copy) as { readonly length?: number; readonly size?: number };
  return (length ?? size) === 0;
}

/** What is piped has no known length. */
function piped({ body }: Body): ReadableStream {
  const pipe = new TransformStream();
  if (isA(body, "ReadableStream")) {
    return (body as ReadableStream).pipeThrough(pipe);
  }
  pipe.writable
    .getWriter()
    .close()
    .catch(() => {});
  return pipe.readable;
}
