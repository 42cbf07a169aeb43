// Sends a request to the upstream, the Bill Payment API. The answer takes at most 30 s and 1 MiB, and has no token.
import { hasToken, withoutTokens } from "./redaction.ts";

/** The request was sent, and there is no answer, or none that the Worker can use. */
export class UpstreamError extends Error {
  readonly code: "SERVICE_UNREACHABLE" | "SERVICE_TIMEOUT" | "SERVICE_BAD_ANSWER";

  constructor(code: UpstreamError["code"], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** The options of `fetch`, and a record of the attempts. The client passes unknown options on to its `fetch`. */
export interface TrackedRequestInit extends RequestInit {
  readonly attempts: Attempts;
}

/** How often a caller's request was sent: twice if the service answered the first time with 401. */
export interface Attempts {
  /** The tokens of all attempts. */
  readonly tokens: Set<string>;
  count: number;
  /** The status of the last answer, or `undefined` before that answer. */
  lastStatus: number | undefined;
}

/** For headers and body. A payment can take long, and its outcome is unknown after a time-out. */
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
/** The encodings that the runtime decodes, in lower case only. Another one could hide a token. */
const DECODED_ENCODINGS = new Set(["identity", "gzip", "br"]);
const FORWARDED_RESPONSE_HEADERS = ["Content-Type", "Retry-After", "X-Correlation-Id"];
/** A `Response` with one of these can't have a body. */
const NULL_BODY_STATUSES = new Set([204, 205, 304]);

/**
 * Returns the whole answer without tokens, or throws `UpstreamError`. The answer is read to its end first, because half
 * an answer to a payment must not look like a success.
 */
export const fetchUpstream: typeof fetch = async (input, init) => {
  const { attempts, ...rest } = init as TrackedRequestInit;
  const headers = new Headers(rest.headers);
  headers.set("Accept-Encoding", "gzip, br");
  attempts.tokens.add(headers.get("Authorization")?.replace(/^Bearer /, "") ?? "");
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  attempts.count += 1;
  attempts.lastStatus = undefined;
  try {
    const answer = await fetch(input, { ...rest, headers, signal });
    const whole = await readWhole(answer, attempts.tokens);
    attempts.lastStatus = whole.status;
    return whole;
  } catch (error) {
    if (error instanceof UpstreamError) {
      throw error;
    }
    throw new UpstreamError(codeOf(error, signal), error);
  }
};

async function readWhole(answer: Response, tokens: ReadonlySet<string>): Promise<Response> {
  const { status } = answer;
  if (!DECODED_ENCODINGS.has(answer.headers.get("Content-Encoding") ?? "identity")) {
    await answer.body?.cancel();
    throw new UpstreamError("SERVICE_BAD_ANSWER");
  }
  const body = withoutTokens(await readBody(answer), tokens);
  const headers = new Headers();
  for (const name of FORWARDED_RESPONSE_HEADERS) {
    const value = answer.headers.get(name);
    if (value !== null && !hasToken(value, tokens)) {
      headers.set(name, value);
    }
  }
  return new Response(NULL_BODY_STATUSES.has(status) ? null : body, { status, headers });
}

function codeOf(error: unknown, signal: AbortSignal): UpstreamError["code"] {
  if (error instanceof RangeError) {
    return "SERVICE_BAD_ANSWER"; // a status that no final answer can have
  }
  return signal.aborted ? "SERVICE_TIMEOUT" : "SERVICE_UNREACHABLE";
}

async function readBody({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) {
      throw new UpstreamError("SERVICE_BAD_ANSWER");
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
