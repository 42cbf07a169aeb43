import { core } from "./core.js";
import { AuthError, type ErrorRecord } from "./errors.js";
import type { TokenSource } from "./source.js";
import type { Token } from "./token.js";

type Fetch = typeof globalThis.fetch;

/** Where a request goes, as it comes from the core. */
type Target =
  | { readonly href: string }
  | { readonly outside: string }
  | { readonly error: ErrorRecord };

/** fetch with the source's token, which never leaves `baseUrl`. */
export async function authorizedFetch(
  source: TokenSource,
  baseUrl: string | null,
  fetch: Fetch,
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): Promise<Response> {
  const request = isA(input, "Request") ? (input as Request) : undefined;
  const headers = new Headers(init?.headers ?? request?.headers);
  const isOwn = headers.has("Authorization");
  const href = resolve(baseUrl, request?.url ?? String(input), isOwn);
  const send = (): Promise<Response> => {
    const sent = { ...init, headers, redirect: "manual" } as const;
    return request ? fetch(new Request(request, sent)) : fetch(href, sent);
  };
  if (isOwn) {
    return send();
  }
  const signal = init?.signal ?? request?.signal;
  const authorize = async (): Promise<Token> => {
    const token = await source.getToken({ signal: signal ?? undefined });
    headers.set("Authorization", token.authorization);
    return token;
  };

  const token = await authorize();
  const answer = await send();
  if (answer.status !== 401 || !source.unauthorized(token)) {
    return answer;
  }
  const body = init?.body ?? request?.body;
  if (!canBeSentAgain(body)) {
    // Whether a new token would have helped can't be tried, so it is held to be of no help.
    source.replayed(token, true);
    return answer;
  }
  let newer: Token;
  try {
    newer = await authorize();
  } catch {
    signal?.throwIfAborted();
    return answer; // which is true, whatever became of the exchange
  }
  source.emitReplay(newer);
  await answer.body?.cancel();
  const again = await send();
  source.replayed(newer, again.status === 401);
  return again;
}

function resolve(baseUrl: string | null, input: string, isOwn: boolean): string {
  const target = core().resolve(baseUrl, input) as Target;
  if ("error" in target) {
    throw new AuthError(target.error);
  }
  if ("href" in target) {
    return target.href;
  }
  if (!isOwn) {
    throw new AuthError(core().forbiddenOrigin() as ErrorRecord);
  }
  return target.outside;
}

/** A stream is spent once it was sent; so is the body of a Request, which is one. */
function canBeSentAgain(body: unknown): boolean {
  return (
    body === undefined ||
    body === null ||
    typeof body === "string" ||
    body instanceof ArrayBuffer ||
    ArrayBuffer.isView(body) ||
    ["Blob", "File", "URLSearchParams", "FormData"].some((name) => isA(body, name))
  );
}

/** Whether `value` is of a platform's class, of whichever realm. */
function isA(value: unknown, name: string): boolean {
  return Object.prototype.toString.call(value) === `[object ${name}]`;
}
