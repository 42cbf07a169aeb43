// Sends a request to the service, Pay4Power's Bill Payment API. Waits at most 30 s for the answer, reads at most 1 MiB
// of it, and removes tokens from it.
import { hasToken, withoutTokens } from "./redaction.ts";

/** The request was sent, and there is no answer, or none that the Worker can use. */
export class ServiceError extends Error {
  readonly code: "SERVICE_UNREACHABLE" | "SERVICE_TIMEOUT" | "SERVICE_BAD_ANSWER";

  constructor(code: ServiceError["code"], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/**
 * The options of `fetch`, with a record of the sends. The client passes options that it does not know to its
 * `fetch`.
 */
export interface TrackedRequestInit extends RequestInit {
  readonly sends: Sends;
}

/** How often the Worker has sent a caller's request: twice if the service answered the first one with 401. */
export interface Sends {
  /** The tokens of all sends. */
  readonly tokens: Set<string>;
  count: number;
  /** The status of the last answer, or `undefined` before that answer. */
  lastStatus: number | undefined;
}

/** The limit for headers and body. A payment can take long, and after a time-out its outcome is unknown. */
const TIMEOUT_MS = 30_000;
const MAX_ANSWER_BYTES = 1024 * 1024;
/** The encodings that the runtime decodes, in lower case only. Any other encoding could hide a token. */
const DECODED_ENCODINGS = new Set(["identity", "gzip", "br"]);
const FORWARDED_RESPONSE_HEADERS = ["Content-Type", "Retry-After", "X-Correlation-Id"];
/** A `Response` with one of these statuses cannot have a body. */
const NULL_BODY_STATUSES = new Set([204, 205, 304]);

/**
 * Returns the whole answer without tokens, or throws `ServiceError`. Reads the answer to its end first, because half an
 * answer to a payment must not look like a success.
 */
export const fetchService: typeof fetch = async (input, init) => {
  const { sends, ...rest } = init as TrackedRequestInit;
  const headers = new Headers(rest.headers);
  headers.set("Accept-Encoding", "gzip, br");
  sends.tokens.add(headers.get("Authorization")?.replace(/^Bearer /, "") ?? "");
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  sends.count += 1;
  sends.lastStatus = undefined;
  try {
    const answer = await fetch(input, { ...rest, headers, signal });
    const whole = await readWhole(answer, sends.tokens);
    sends.lastStatus = whole.status;
    return whole;
  } catch (error) {
    if (error instanceof ServiceError) {
      throw error;
    }
    throw new ServiceError(codeOf(error, signal), error);
  }
};

async function readWhole(answer: Response, tokens: ReadonlySet<string>): Promise<Response> {
  const { status } = answer;
  if (!DECODED_ENCODINGS.has(answer.headers.get("Content-Encoding") ?? "identity")) {
    await answer.body?.cancel();
    throw new ServiceError("SERVICE_BAD_ANSWER");
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

function codeOf(error: unknown, signal: AbortSignal): ServiceError["code"] {
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
      throw new ServiceError("SERVICE_BAD_ANSWER");
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
