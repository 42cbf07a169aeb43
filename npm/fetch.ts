import { call } from "./core.js";
import { isControlFlow } from "./errors.js";
import type { Addresses } from "./generated/core.js";
import type { Resident } from "./resident.js";
import { isA } from "./runtime.js";
import type { TokenSource } from "./source.js";
import type { Token } from "./token.js";

type Fetch = typeof globalThis.fetch;

/** The caller's signal, if there is one. */
export const signalOf = (input: RequestInfo | URL, init?: RequestInit): AbortSignal | undefined =>
  init?.signal === undefined && isA(input, "Request")
    ? (input as Request).signal
    : (init?.signal ?? undefined);

/**
 * fetch with the source's token, which never leaves `baseUrl`. `timedSignal` takes the place of the caller's
 * signal, if it is there.
 */
export async function authorizedFetch(
  source: TokenSource,
  addresses: Resident<Addresses>,
  fetch: Fetch,
  input: RequestInfo | URL,
  init: RequestInit | undefined,
  timedSignal: AbortSignal | undefined,
): Promise<Response> {
  const asked = isA(input, "Request") ? (input as Request) : undefined;
  const isWhole = isA(init, "Request");
  const body = copyOf(init?.body);
  const headers = new Headers(init?.headers ?? asked?.headers);
  const isOwn = headers.has("Authorization");
  const address = asked?.url ?? String(input);
  const resolver = addresses.value;
  const href = call(() => resolver.resolve(address, isOwn));
  // Of the address alone: given two Requests, Bun takes the address of the second.
  const request = isWhole ? new Request(href, init) : asked;
  const given: RequestInit & { duplex?: "half" } = isWhole
    ? { ...(!init?.body && { body: asked?.body ?? null, duplex: "half" }) }
    : { ...init, ...(body !== undefined && { body }) };
  const once = isSafe(given.method ?? request?.method) ? {} : sentOnce(fetch);
  const timed = timedSignal && { signal: timedSignal };
  const send = (): Promise<Response> => {
    const sent = { ...given, ...once, headers, ...timed, redirect: "manual" } as const;
    return request ? fetch(new Request(request, sent), once as RequestInit) : fetch(href, sent);
  };
  if (isOwn) {
    return send();
  }
  const signal = timedSignal ?? signalOf(input, init);
  const authorize = async (): Promise<Token> => {
    const token = await source.getToken({ signal });
    headers.set("Authorization", token.authorization);
    return token;
  };

  const token = await authorize();
  const answer = await send();
  if (answer.status !== 401) {
    return answer;
  }
  let newer: Token;
  try {
    const canBeSentAgain = body !== undefined || !(init?.body ?? asked?.body);
    if (!(await source.unauthorized(token, canBeSentAgain))) {
      source.emitWithheld(token, canBeSentAgain ? "cooldown" : "body");
      return answer;
    }
    newer = await authorize();
    if (newer.value === token.value) {
      await source.replayed(newer, true); // as it would be
      return answer;
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    if (isControlFlow(thrown)) {
      throw thrown;
    }
    return answer; // which is true, whatever became of the exchange
  }
  source.emitReplay(newer);
  // Not waited for: of a body that the platform has split, as Next.js does, it would never end.
  answer.body?.cancel().catch(() => {});
  const again = await send();
  await source.replayed(newer, again.status === 401).catch(() => {}); // the answer is true all the same
  return again;
}

/** Methods that only read (RFC 9110, section 9.2.1). */
function isSafe(method = "GET"): boolean {
  return ["GET", "HEAD", "OPTIONS"].includes(method.toUpperCase());
}

interface Deno {
  createHttpClient?(options: { readonly poolMaxIdlePerHost: number }): object;
}
let unpooled: object | undefined;

/**
 * What keeps Deno's fetch from sending a request twice: it does when a connection that had been
 * used before breaks, whatever the method (https://github.com/denoland/deno/pull/36415). So the
 * request gets a connection of its own.
 */
function sentOnce(fetch: Fetch): { readonly client?: object } {
  const { Deno } = globalThis as { Deno?: Deno };
  if (typeof Deno?.createHttpClient !== "function" || fetch !== globalThis.fetch) {
    return {};
  }
  unpooled ??= Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  return { client: unpooled };
}

/**
 * A body that can be sent again, as it is now: whoever has given it may change it while a token is
 * waited for. Nothing of a stream, which is spent once it was sent; so is a Request's body.
 */
function copyOf(body: unknown): BodyInit | undefined {
  if (typeof body === "string" || isA(body, "Blob") || isA(body, "File")) {
    return body as string | Blob;
  }
  if (body instanceof ArrayBuffer) {
    return body.slice();
  }
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength).slice();
  }
  if (isA(body, "URLSearchParams")) {
    return new URLSearchParams(body as URLSearchParams);
  }
  if (isA(body, "FormData")) {
    const copy = new FormData();
    for (const [name, value] of body as FormData) {
      copy.append(name, value);
    }
    return copy;
  }
  return undefined;
}
