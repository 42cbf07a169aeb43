// What other runtimes than Workers would send again by themselves, and how each is kept from it.
import { type Body, isBlob } from "./body.js";
import { bare } from "./request.js";
import { isA } from "./runtime.js";
import { AS_GIVEN, type Guard, type Sending, sendingWith, type Transport } from "./transport.js";

/**
 * undici, the fetch of Node and of edge-runtime, sends a request again that is answered with a 421 (Fetch standard,
 * HTTP-network-or-cache fetch), but not a stream. A `fetch` that was given gets the body as it is.
 */
const undici: Guard = (transport, body) => (transport.isPlatforms ? streamed(body) : AS_GIVEN);

/**
 * Deno sends a request again when a connection breaks that had been used before
 * (https://github.com/denoland/deno/pull/36415), but not a stream, nor on a connection of its own.
 */
const deno: Guard = (transport, body, hasClient) => {
  const client = hasClient ? undefined : unpooled(transport);
  return client ? sendingWith(() => Object.assign(bare(), { client })) : streamed(body, true);
};

/** Bun does the same with GET, PUT and DELETE, but not on a connection that is not kept. */
const bun: Guard = () => sendingWith(() => Object.assign(bare(), { keepalive: false }));

export const GUARDS = { node: undici, edge: undici, deno, bun };

interface DenoClient {
  close(): void;
}

/** A client of Deno's whose connections are used once. */
function unpooled(transport: Transport): DenoClient | undefined {
  if (transport.owned === undefined && !transport.isClosed) {
    const { Deno } = globalThis as unknown as {
      readonly Deno: { createHttpClient(options: { poolMaxIdlePerHost: number }): DenoClient };
    };
    transport.owned = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
    dropped ??= new FinalizationRegistry(closeDropped);
    dropped.register(transport, transport.owned);
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
async function streamed({ body, copy }: Body, isDeno = false): Promise<Sending> {
  const half = (stream: unknown) =>
    Object.assign(bare(), { body: stream as ReadableStream, duplex: "half" as const });
  if (copy === undefined && body !== undefined) {
    // Deno knows what the stream of a Request was made of, and would send that again.
    const pipes = isDeno && isA(body, "ReadableStream");
    const stream = pipes ? (body as ReadableStream).pipeThrough(new TransformStream()) : body;
    return sendingWith(() => half(stream));
  }
  const whole = new Response(copy);
  const type = whole.headers.get("Content-Type");
  const blob = isBlob(copy) ? copy : new Blob([await whole.arrayBuffer()]);
  return {
    addHeaders(headers) {
      headers.set("Content-Length", String(blob.size));
      if (type !== null && !headers.has("Content-Type")) {
        headers.set("Content-Type", type);
      }
    },
    init: () => half(blob.stream()),
  };
}
