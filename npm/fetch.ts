import { copyOf } from "./body.js";
import { call } from "./core.js";
import { isControlFlow } from "./errors.js";
import { bare, type Draft } from "./request.js";
import type { TokenSource } from "./source.js";
import type { Token } from "./token.js";
import type { Transport } from "./transport.js";

/**
 * fetch with the source's token, which never leaves `baseUrl`. `timedSignal` takes the place of the caller's
 * signal, if it is there.
 */
export async function authorizedFetch(
  source: TokenSource,
  baseUrl: string | null,
  transport: Transport,
  draft: Draft,
  timedSignal: AbortSignal | undefined,
): Promise<Response> {
  const { address, headers } = draft;
  const isOwn = headers.has("Authorization");
  const href = call((core) => core.resolveAddress(baseUrl, address, isOwn));
  // Copied before the wait for a token: the caller may change the body meanwhile.
  const copy = draft.body === undefined ? undefined : copyOf(draft.body, transport.isPlatforms);
  const signal = timedSignal ?? draft.signal ?? undefined;
  const token = isOwn ? undefined : await source.getToken({ signal });

  const request = transport.isPlatforms ? sameAt(href, draft.request) : undefined;
  const given = request ? draft.given : draft.whole;
  const body = request ? (given.body ?? request.body ?? undefined) : draft.body;
  const sending = await transport.once(draft.method, { body, copy }, request ? undefined : given);
  sending.addHeaders(headers);
  const { fetch } = transport;
  const send = (token?: Token): Promise<Response> => {
    const sent = Object.assign(bare(), given, { method: draft.method });
    if (copy !== undefined) {
      sent.body = copy;
    } else if (body !== undefined) {
      sent.duplex = "half";
    }
    Object.assign(sent, sending.init(), timedSignal && { signal: timedSignal });
    sent.headers = token ? withToken(token, headers) : headers;
    sent.redirect = "manual";
    return fetch(request ?? href, sent as RequestInit);
  };
  if (token === undefined) {
    return send();
  }
  headers.delete("Host"); // it would be the name of another server
  const answer = await send(token);
  if (answer?.status !== 401) {
    return answer;
  }
  let newer: Token;
  try {
    const canBeSentAgain = copy !== undefined || body === undefined;
    if (!(await source.unauthorized(token, canBeSentAgain))) {
      source.emitWithheld(token, canBeSentAgain ? "cooldown" : "body");
      return answer;
    }
    newer = await source.getToken({ signal });
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
  discard(answer.body);
  const again = await send(newer);
  await source.replayed(newer, again?.status === 401).catch(() => {}); // the answer is true all the same
  return again;
}

/**
 * A Request of the platform's alone: what the given one says of its address might change. Nothing where it would not go
 * to `href`.
 */
function sameAt(href: string, request: Request | undefined): Request | undefined {
  const own = request && new Request(request);
  return own?.url === href ? own : undefined;
}

const ofTokens = new WeakMap<Token, Headers>();

/** Headers for one send. Cloning those with the token takes a fifth of the time of setting a token. */
function withToken(token: Token, given: Headers): Headers {
  let ofToken = ofTokens.get(token);
  if (ofToken === undefined) {
    ofToken = new Headers({ Authorization: token.authorization });
    ofTokens.set(token, ofToken);
  }
  const headers = new Headers(ofToken);
  for (const [name, value] of given) {
    headers.append(name, value);
  }
  return headers;
}

/** Ends a body that nobody reads. Not waited for: of one that the platform has split, as Next.js does, it never ends. */
function discard(body: unknown): void {
  const { cancel, destroy } = (body ?? {}) as {
    readonly cancel?: () => Promise<void>;
    /** A stream of Node's, which node-fetch answers with. */
    readonly destroy?: () => void;
  };
  if (typeof cancel === "function") {
    cancel.call(body).catch(() => {});
  } else {
    destroy?.call(body);
  }
}
