// What other runtimes than Workers would send again by themselves, and how each is kept from it.

import { isInstance } from "../runtime.js";
import { type Body, isBlob } from "./body.js";
import { type Init, nullObject } from "./request.js";
import { NO_OVERRIDES, type ResendGuard, type SendOverrides, type Transport } from "./transport.js";

/**
 * undici, the fetch of Node and of edge-runtime, sends a request again that is answered with a 421 (Fetch standard,
 * HTTP-network-or-cache fetch), but not a stream. A `fetch` that was given gets the body as it is.
 */
const undici: ResendGuard = (transport, body, given) => {
  if (!transport.isPlatforms) {
    return NO_OVERRIDES;
  }
  return failsAfter401() ? dispatchedOnce(given) : streamed(body);
};

/**
 * Whether this undici makes a network error of a 401 that answers a stream
 * (https://github.com/nodejs/undici/issues/4910): that of Node 24.14 and 24.15, 25.3 to 25.9, and 26.0.
 */
function failsAfter401(): boolean {
  const { process } = globalThis as { process?: { versions?: { undici?: string } } };
  const [major = 0, minor = 0] = (process?.versions?.undici ?? "").split(".").map(Number);
  return (major === 7 && minor >= 19 && minor < 25) || (major === 8 && minor < 2);
}

interface Dispatcher {
  dispatch(...request: unknown[]): boolean;
}

/** Each send gets a dispatcher that works once. After a 421 the fetch fails. */
function dispatchedOnce(given: Init | undefined): SendOverrides {
  if (given === undefined) {
    return NO_OVERRIDES; // a Request, which may have a dispatcher that nobody can read
  }
  const own = (given as { readonly dispatcher?: Dispatcher }).dispatcher;
  const all = globalThis as unknown as Record<symbol, Dispatcher | undefined>;
  const init = () => {
    let isSent = false;
    const dispatch = (...request: unknown[]) => {
      const dispatcher = own ?? all[Symbol.for("undici.globalDispatcher.1")];
      if (isSent || dispatcher === undefined) {
        throw new Error("the answer was a 421, and the request is not sent again");
      }
      isSent = true;
      return dispatcher.dispatch(...request);
    };
    return Object.assign(nullObject(), { dispatcher: { dispatch } });
  };
  return { init };
}

/**
 * Deno sends a request again when a connection breaks that had been used before
 * (https://github.com/denoland/deno/pull/36415), but not a stream, nor on a connection of its own.
 */
const deno: ResendGuard = (transport, body, given) => {
  const client = given && given.client === undefined ? unpooled(transport) : undefined;
  return client ? { init: () => Object.assign(nullObject(), { client }) } : streamed(body, true);
};

/** Bun repeats PUT and DELETE on a connection that was used before. `keepalive: false` gives each a new one. */
const bun: ResendGuard = () => ({ init: () => Object.assign(nullObject(), { keepalive: false }) });

export const RESEND_GUARDS = { nodejs: undici, edge: undici, deno, bun };

interface DenoClient {
  close(): void;
}

/** A client of Deno's whose connections are used once. Nothing where there can be none, as on Deno Deploy. */
function unpooled(transport: Transport): DenoClient | undefined {
  if (transport.owned === undefined && !transport.isClosed) {
    const { Deno } = globalThis as unknown as {
      readonly Deno: { createHttpClient(options: { poolMaxIdlePerHost: number }): DenoClient };
    };
    try {
      transport.owned = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      dropped ??= new FinalizationRegistry(closeDropped);
      dropped.register(transport, transport.owned);
    } catch {}
  }
  return transport.owned;
}

/** The clients of transports that may never be closed. */
let dropped: FinalizationRegistry<DenoClient> | undefined;

function closeDropped(client: DenoClient): void {
  try {
    client.close();
  } catch {
    // It was closed: Deno throws the second time.
  }
}

/** Sends the body as a stream that is made anew for each send, of a length that is known where the body is whole. */
async function streamed({ body, copy }: Body, isDeno = false): Promise<SendOverrides> {
  const half = (stream: unknown) =>
    Object.assign(nullObject(), { body: stream as ReadableStream, duplex: "half" as const });
  if (copy === undefined && body !== undefined) {
    // Deno knows what the stream of a Request was made of, and would send that again.
    const pipes = isDeno && isInstance(body, "ReadableStream");
    const stream = () =>
      pipes ? (body as ReadableStream).pipeThrough(new TransformStream()) : body;
    return { init: () => half(stream()) };
  }
  const whole = new Response(copy);
  const type = whole.headers.get("Content-Type");
  const isText =
    copy === undefined || typeof copy === "string" || isInstance(copy, "URLSearchParams");
  const blob = isBlob(copy) ? copy : new Blob([await whole.arrayBuffer()]);
  return {
    addHeaders(headers) {
      headers.set("Content-Length", String(blob.size));
      if (type !== null && !headers.has("Content-Type")) {
        headers.set("Content-Type", type);
      }
    },
    // A library in the platform's place, such as node-fetch, makes a text of the stream: the same text.
    init: () =>
      half(Object.assign(blob.stream(), isText && { toString: () => String(copy ?? "") })),
  };
}
