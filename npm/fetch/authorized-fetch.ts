// Sends a request with the current token. Replays it once after a 401.
import { checkSignal } from "../arguments.js";
import type { TokenSource } from "../client/token-source.js";
import { isControlFlow } from "../errors.js";
import type { Token } from "../token.js";
import type { Addresses } from "./addresses.js";
import { type ReplayableBody, type RequestBody, replayableCopyOf } from "./body.js";
import { type Draft, type Init, nullObject, withMembers } from "./request.js";
import { NO_OVERRIDES, type SendOverrides, type Transport } from "./transport.js";

/** The parts of a client that send its requests. */
export interface Sender {
  readonly source: TokenSource;
  readonly addresses: Addresses;
  readonly transport: Transport;
}

/** Sends a request with the source's token. The token goes only to the addresses that `addresses` allows. */
export async function authorizedFetch(
  { source, addresses, transport }: Sender,
  draft: Draft,
): Promise<Response> {
  const hasAuthorization = draft.headers?.has("Authorization") ?? false;
  const href = addresses.resolve(draft.address, hasAuthorization);
  // Before the wait for a token: the caller may change the body during the wait.
  const copy =
    draft.body === undefined ? undefined : replayableCopyOf(draft.body, transport.isPlatformFetch);
  const signal = checkSignal(draft.mergedInit.signal ?? undefined);
  const atHand = signal === undefined ? source.atHand : undefined;
  const token = hasAuthorization
    ? undefined
    : (atHand ?? (await source.getToken(signal && { signal })));

  const outgoing = outgoingOf(transport, draft, href, copy);
  const { method, request, init } = outgoing;
  const overrides = transport.preventResend(method, outgoing, request ? undefined : init);
  outgoing.overrides = overrides instanceof Promise ? await overrides : overrides;
  if (outgoing.overrides.addHeaders) {
    outgoing.headers ??= new Headers();
    outgoing.overrides.addHeaders(outgoing.headers);
  }
  if (token === undefined) {
    return send(outgoing);
  }
  outgoing.headers?.delete("Host"); // the caller's `Host` may name another server
  const answer = await send(outgoing, token);
  return answer?.status === 401 ? replayAfter401(answer, token, source, outgoing, signal) : answer;
}

/** A request that is ready to be sent. */
interface Outgoing extends RequestBody {
  readonly transport: Transport;
  readonly method: string;
  readonly href: string;
  /** The `Request` to send in place of `href`, if there is one. */
  readonly request: Request | undefined;
  readonly init: Init;
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
  const request = transport.isPlatformFetch ? requestFor(href, draft.request) : undefined;
  const init = request ? draft.init : draft.mergedInit;
  const body = request ? (init.body ?? request.body ?? undefined) : draft.body;
  return { transport, method, href, request, init, headers, body, copy, overrides: NO_OVERRIDES };
}

function send(outgoing: Outgoing, token?: Token): Promise<Response> {
  const { request, href, init, method, headers, body, copy, transport, overrides } = outgoing;
  const sentInit = withMembers(nullObject(), init);
  sentInit.method = method;
  if (copy !== undefined) {
    sentInit.body = copy;
  } else if (body !== undefined) {
    sentInit.duplex = "half";
  }
  withMembers(sentInit, overrides.init?.());
  // Without a token, the caller's headers have an `Authorization`.
  sentInit.headers = token ? headersWithToken(token, headers) : (headers as Headers);
  sentInit.redirect = "manual";
  return transport.send(request ?? href, sentInit);
}

/** Replays a request after a 401, if a replay may help. Returns the final answer. */
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
  void discard(answer);
  const replayAnswer = await send(outgoing, newer);
  try {
    await source.replayed(newer, replayAnswer?.status === 401);
  } catch {
    // The answer stays valid.
  }
  return replayAnswer;
}

/**
 * Copies the caller's `Request` to a plain one of the platform: its address can't change any more. Returns `undefined`
 * if that address is not `href`.
 */
function requestFor(href: string, request: Request | undefined): Request | undefined {
  const plain = request && new Request(request);
  return plain?.url === href ? plain : undefined;
}

const headersByToken = new WeakMap<Token, Headers>();

/**
 * Returns headers for one send. A copy of prepared headers takes a fifth of the time that setting `Authorization`
 * takes.
 */
function headersWithToken(token: Token, callerHeaders: Headers | undefined): Headers {
  let prepared = headersByToken.get(token);
  if (prepared === undefined) {
    prepared = new Headers({ Authorization: token.authorization });
    headersByToken.set(token, prepared);
  }
  const headers = new Headers(prepared);
  callerHeaders?.forEach((value, name) => {
    headers.append(name, value);
  });
  return headers;
}

/**
 * Cancels a body that is not read. No caller waits for the end: if a framework has split the body, as Next.js does, the
 * promise of `cancel` never settles. The body of another library may have any methods, and no failure of them matters.
 */
async function discard(answer: Response): Promise<void> {
  try {
    const body = answer.body as unknown as Partial<Record<"cancel" | "destroy", () => unknown>>;
    // `destroy` is a method of Node's streams, which node-fetch uses as bodies.
    await (body.cancel ? body.cancel() : body.destroy?.());
  } catch {}
}
