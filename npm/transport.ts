// Sends requests, and keeps the runtime from sending one of them twice.
import type { Body } from "./body.js";
import { bare, type Init } from "./request.js";
import { type Runtime, runtime } from "./runtime.js";

type Fetch = typeof globalThis.fetch;

/** What a request is sent with, beside what its caller gave. */
export interface Sending {
  /** Adds the headers that the runtime would have made of the body. */
  addHeaders(headers: Headers): void;
  /** Members of the second argument, made anew for each send. */
  init(): Init;
}

export const sendingWith = (init: () => Init): Sending => ({ addHeaders() {}, init });
export const AS_GIVEN = sendingWith(bare);

/**
 * Says how to send a request, of another method than GET, HEAD or OPTIONS, so that the runtime does not repeat it by
 * itself. A request that `hasClient` brings the client that Deno sends it with, or may bring it where nobody can
 * read it.
 */
export type Guard = (
  transport: Transport,
  body: Body,
  hasClient: boolean,
) => Sending | Promise<Sending>;

let guards: Partial<Record<Runtime, Guard>> = {};

/** Sets the guards of other runtimes than Workers. A bundle for Workers has none of them. */
export function installGuards(others: typeof guards): void {
  guards = others;
}

/** A client's fetch, given or the platform's. */
export class Transport {
  /** What this transport alone sends with, and closes. */
  owned: { close(): void } | undefined;
  isClosed = false;
  readonly #given: Fetch | undefined;

  constructor(fetch: unknown) {
    this.#given = fetch as Fetch | undefined;
  }

  /** The platform's is looked up each time, for those who replace it. */
  get fetch(): Fetch {
    return this.#given ?? globalThis.fetch;
  }

  /** Whether it is the platform's. */
  get isPlatforms(): boolean {
    return this.fetch === globalThis.fetch;
  }

  /** How to send a request so that the runtime does not repeat it by itself. */
  async once(method: string, body: Body, hasClient = false): Promise<Sending> {
    const name = method.toUpperCase();
    if (["GET", "HEAD", "OPTIONS"].includes(name)) {
      return AS_GIVEN; // no harm is done when it is sent twice (RFC 9110, section 9.2.1)
    }
    const on = runtime();
    // workerd, from 2026-11 on, sends a request without a body again when a connection breaks that had been used
    // before, if its method may be repeated (RFC 9110, section 9.2.2). A stream is a body, also an empty one.
    if (on === "workers" && !["POST", "PATCH"].includes(name) && isEmpty(body)) {
      return sendingWith(() => Object.assign(bare(), { body: emptyStream() }));
    }
    return guards[on]?.(this, body, hasClient) ?? AS_GIVEN;
  }

  close(): void {
    this.isClosed = true;
    this.owned?.close();
    this.owned = undefined;
  }
}

function isEmpty({ body, copy }: Body): boolean {
  const { length, size } = Object(copy ?? "") as {
    readonly length?: number;
    readonly size?: number;
  };
  return (body === undefined || copy !== undefined) && (length ?? size) === 0;
}

/** Of which workerd does not know that it is empty. */
const emptyStream = () => new ReadableStream({ start: (it) => it.close() });
