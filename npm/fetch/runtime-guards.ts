// What the package prevents on other runtimes than Workers: that they send a request again by themselves, and that
// their errors show an answer.

import { isInstance } from "../runtime.js";
import { isBlob, type RequestBody } from "./body.js";
import { type Init, nullObject } from "./request.js";
import { NO_OVERRIDES, type ResendGuard, type SendOverrides, type Transport } from "./transport.js";

/**
 * For undici, the fetch of Node and of edge-runtime. After a 421 it sends a request again (Fetch standard,
 * HTTP-network-or-cache fetch), unless the body is a stream. The caller's own `fetch` gets the body unchanged.
 */
const sendOnceByUndici: ResendGuard = (transport, body, init) => {
  if (!transport.isPlatformFetch) {
    return NO_OVERRIDES;
  }
  return failsAfter401() ? dispatchedOnce(init) : streamed(body);
};

/** The error of undici's parser has the bytes that it could not parse, as `data`. */
export function removeAnswer(thrown: unknown): void {
  const { cause } = Object(thrown) as { readonly cause?: { data?: unknown } };
  if (cause !== null && typeof cause === "object" && Object.hasOwn(cause, "data")) {
    delete cause.data;
  }
}

/**
 * Returns true if this undici turns a 401 into a network error when the body is a stream
 * (https://github.com/nodejs/undici/issues/4910). Node 24.14 and 24.15, 25.3 to 25.9, and 26.0 have such an undici.
 */
function failsAfter401(): boolean {
  const { process } = globalThis as { process?: { versions?: { undici?: string } } };
  const [major = 0, minor = 0] = (process?.versions?.undici ?? "").split(".").map(Number);
  return (major === 7 && minor >= 19 && minor < 25) || (major === 8 && minor < 2);
}

interface Dispatcher {
  dispatch(...request: unknown[]): boolean;
}

/** Gives each send a dispatcher that works only once, so that the fetch fails after a 421. */
function dispatchedOnce(callerInit: Init | undefined): SendOverrides {
  if (callerInit === undefined) {
    return NO_OVERRIDES; // a `Request` may have a dispatcher that no code can read
  }
  const callerDispatcher = (callerInit as { readonly dispatcher?: Dispatcher }).dispatcher;
  const globals = globalThis as unknown as Record<symbol, Dispatcher | undefined>;
  const init = () => {
    let isSent = false;
    const dispatch = (...request: unknown[]) => {
      const dispatcher = callerDispatcher ?? globals[Symbol.for("undici.globalDispatcher.1")];
      if (isSent || dispatcher === undefined) {
        throw new Error("the answer was a 421, and the request is not sent again");
      }
      isSent = true;
      return dispatcher.dispatch(...request);
    };
    return Object.assign(nullObject(), { dispatcher: { dispatch } });
  };
  return { ...NO_OVERRIDES, init };
}

/**
 * For Deno. It sends a request again when a connection breaks that had been used before
 * (https://github.com/denoland/deno/pull/36415), unless the body is a stream or the connection is used only once.
 */
const sendOnceByDeno: ResendGuard = (transport, body, init) => {
  const client = init && init.client === undefined ? unpooledClient(transport) : undefined;
  return client
    ? { ...NO_OVERRIDES, init: () => Object.assign(nullObject(), { client }) }
    : streamed(body, true);
};

/** For Bun. It repeats PUT and DELETE on a connection that was used before. `keepalive: false` makes a new one. */
const sendOnceByBun: ResendGuard = () => ({
  ...NO_OVERRIDES,
  init: () => Object.assign(nullObject(), { keepalive: false }),
});

/** What keeps each runtime from repeating a request. */
export const RESEND_GUARDS = {
  nodejs: sendOnceByUndici,
  edge: sendOnceByUndici,
  deno: sendOnceByDeno,
  bun: sendOnceByBun,
};

interface DenoClient {
  close(): void;
}

/** Closes the client of a transport that is garbage. Some transports are never closed. */
let clientRegistry: FinalizationRegistry<DenoClient> | undefined;

/**
 * Returns a client of Deno that uses each connection only once. Returns `undefined` where there can be no client, as on
 * Deno Deploy.
 */
function unpooledClient(transport: Transport): DenoClient | undefined {
  if (transport.denoClient === undefined && !transport.isClosed) {
    const { Deno } = globalThis as unknown as {
      readonly Deno: { createHttpClient(options: { poolMaxIdlePerHost: number }): DenoClient };
    };
    try {
      transport.denoClient = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
      clientRegistry ??= new FinalizationRegistry(closeQuietly);
      clientRegistry.register(transport, transport.denoClient);
    } catch {}
  }
  return transport.denoClient;
}

function closeQuietly(client: DenoClient): void {
  try {
    client.close();
  } catch {
    // The transport has closed it already. Deno throws the second time.
  }
}

/** Sends the body as a new stream each time. The length is known, unless the caller's body is a stream itself. */
async function streamed({ body, copy }: RequestBody, isDeno = false): Promise<SendOverrides> {
  const streamInit = (stream: unknown) =>
    Object.assign(nullObject(), { body: stream as ReadableStream, duplex: "half" as const });
  if (copy === undefined && body !== undefined) {
    // Deno knows the source of a `Request`'s stream and would send the source again. A pipe hides it.
    const needsPipe = isDeno && isInstance(body, "ReadableStream");
    const stream = () =>
      needsPipe ? (body as ReadableStream).pipeThrough(new TransformStream()) : body;
    return { ...NO_OVERRIDES, init: () => streamInit(stream()) };
  }
  const converted = new Response(copy);
  const type = converted.headers.get("Content-Type");
  const isText =
    copy === undefined || typeof copy === "string" || isInstance(copy, "URLSearchParams");
  const blob = isBlob(copy) ? copy : new Blob([await converted.arrayBuffer()]);
  return {
    addHeaders(headers) {
      headers.set("Content-Length", String(blob.size));
      if (type !== null && !headers.has("Content-Type")) {
        headers.set("Content-Type", type);
      }
    },
    // A library in the platform's place, such as node-fetch, turns the stream into text. `toString` returns the body.
    init: () =>
      streamInit(Object.assign(blob.stream(), isText && { toString: () => String(copy ?? "") })),
  };
}
