import type { TokenSource } from "../client/token-source.js";
import { isControlFlow } from "../errors.js";
import type { Token } from "../token.js";
import type { Addresses } from "./addresses.js";
import { type Body, copyOf, type ReplayableBody } from "./body.js";
import { type Draft, type Init, nullObject, withMembers } from "./request.js";
import { NO_OVERRIDES, type SendOverrides, type Transport } from "./transport.js";

/** What a client sends with. */
export interface Sender {
  readonly source: TokenSource;
  readonly addresses: Addresses;
  readonly transport: Transport;
}

/** fetch with the source's token, which goes to `addresses` only. */
export async function authorizedFetch(
  { source, addresses, transport }: Sender,
  draft: Draft,
): Promise<Response> {
  const hasAuthorization = draft.headers?.has("Authorization") ?? false;
  const href = addresses.resolve(draft.address, hasAuthorization);
  // Copied before the wait for a token: the caller may change the body meanwhile.
  const copy = draft.body === undefined ? undefined : copyOf(draft.body, transport.isPlatforms);
  const signal = draft.effective.signal ?? undefined;
  const fresh = signal === undefined ? source.fresh : undefined;
  const token = hasAuthorization
    ? undefined
    : (fresh ?? (await source.getToken(signal && { signal })));

  const outgoing = outgoingOf(transport, draft, href, copy);
  const { method, request, given } = outgoing;
  const guarded = transport.preventResend(method, outgoing, request ? undefined : given);
  outgoing.overrides = guarded instanceof Promise ? await guarded : guarded;
  if (outgoing.overrides.addHeaders) {
    outgoing.headers ??= new Headers();
    outgoing.overrides.addHeaders(outgoing.headers);
  }
  if (token === undefined) {
    return send(outgoing);
  }
  outgoing.headers?.delete("Host"); // it would be the name of another server
  const answer = await send(outgoing, token);
  return answer?.status === 401 ? replayAfter401(answer, token, source, outgoing, signal) : answer;
}

/** A request, ready to be sent as often as its body can be. */
interface Outgoing extends Body {
  readonly transport: Transport;
  readonly method: string;
  readonly href: string;
  /** Sent in place of `href`, if there is one. */
  readonly request: Request | undefined;
  readonly given: Init;
  headers: Headers | undefined;
  overrides: SendOverrides;
}

function outgoingOf(
  transport: Transport,
  draft: Draft,
  href: string,
  copy: ReplayableBody | undefined,
): Outgoing {
  const { method, headers } = draft;
  const request = transport.isPlatforms ? requestFor(href, draft.request) : undefined;
  const given = request ? draft.init : draft.effective;
  const body = request ? (given.body ?? request.body ?? undefined) : draft.body;
  return { transport, method, href, request, given, headers, body, copy, overrides: NO_OVERRIDES };
}

function send(outgoing: Outgoing, token?: Token): Promise<Response> {
  const { request, href, given, method, headers, body, copy, transport, overrides } = outgoing;
  const sent = withMembers(nullObject(), given);
  sent.method = method;
  if (copy !== undefined) {
    sent.body = copy;
  } else if (body !== undefined) {
    sent.duplex = "half";
  }
  withMembers(sent, overrides.init?.());
  sent.headers = token ? headersWithToken(token, headers) : (headers as Headers); // without a token, the caller's have an `Authorization`
  sent.redirect = "manual";
  const { fetch } = transport; // called unbound
  return fetch(request ?? href, sent as RequestInit);
}

/** Sends a request again that was answered with a 401, if that may help. Returns the answer that counts. */
async function replayAfter401(
  answer: Response,
  token: Token,
  source: TokenSource,
  outgoing: Outgoing,
  signal: AbortSignal | undefined,
): Promise<Response> {
  const { body, copy } = outgoing;
  let newer: Token;
  try {
    const canBeSentAgain = copy !== undefined || body === undefined;
    if (!(await source.unauthorized(token, canBeSentAgain))) {
      const reason = canBeSentAgain ? "cooldown" : "body";
      source.emit("replay.withheld", { reason, correlationId: token.correlationId });
      return answer;
    }
    newer = await source.getToken(signal && { signal });
    if (newer.value === token.value) {
      await source.replayed(newer, true); // the same token would get another 401
      return answer;
    }
  } catch (thrown) {
    signal?.throwIfAborted();
    if (isControlFlow(thrown)) {
      throw thrown;
    }
    return answer; // the 401 still holds, even if the exchange failed
  }
  source.emit("replay", { correlationId: newer.correlationId });
  discard(answer.body);
  const again = await send(outgoing, newer);
  await source.replayed(newer, again?.status === 401).catch(() => {}); // the answer is true all the same
  return again;
}

/**
 * Copies the given Request to a plain one of the platform: its address can't change any more. Returns `undefined` if
 * that address is not `href`.
 */
function requestFor(href: string, request: Request | undefined): Request | undefined {
  const own = request && new Request(request);
  return own?.url === href ? own : undefined;
}

const headersByToken = new WeakMap<Token, Headers>();

/** Headers for one send. Copying prepared headers takes a fifth of the time of setting `Authorization`. */
function headersWithToken(token: Token, given: Headers | undefined): Headers {
  let ofToken = headersByToken.get(token);
  if (ofToken === undefined) {
    ofToken = new Headers({ Authorization: token.authorization });
    headersByToken.set(token, ofToken);
  }
  const headers = new Headers(ofToken);
  given?.forEach((value, name) => {
    headers.append(name, value);
  });
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
