// Sends one request: at most 30 s and 1 MiB, with the tokens cut out of the answer.
import { hasToken, withoutTokens } from "./redaction.ts";

/** Why there is no answer, or none that can be used, to a request that was sent. */
export class NoAnswer extends Error {
  readonly code: "SERVICE_UNREACHABLE" | "SERVICE_TIMEOUT" | "SERVICE_BAD_ANSWER";

  constructor(code: NoAnswer["code"], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** What a request is sent with, beside what fetch knows: the client passes on what it does not know. */
export interface Tracked extends RequestInit {
  readonly sent: Sent;
}

/** What became of a caller's request so far. */
export interface Sent {
  /** Every token that it was sent with: after a 401 there is a second one. */
  readonly tokens: Set<string>;
  times: number;
  /** Of the last answer; nothing while there is none. */
  status: number | undefined;
}

/** Headers and body. A payment can take long; to give up early leaves it unknown. */
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1024 * 1024;
/** What the runtime decodes, in small letters only. What it does not decode could hide a token. */
const DECODED = new Set(["identity", "gzip", "br"]);
const PASSED = ["Content-Type", "Retry-After", "X-Correlation-Id"];
const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * The whole answer, or `NoAnswer`. Whole, because half an answer to a payment must not look like a
 * success; and without what only the service and this Worker may know.
 */
export const send: typeof fetch = async (input, init) => {
  const { sent, ...rest } = init as Tracked;
  const headers = new Headers(rest.headers);
  headers.set("Accept-Encoding", "gzip, br");
  sent.tokens.add(headers.get("Authorization")?.replace(/^Bearer /, "") ?? "");
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  sent.times += 1;
  sent.status = undefined;
  try {
    const answer = await fetch(input, { ...rest, headers, signal });
    const whole = await wholeOf(answer, sent.tokens);
    sent.status = whole.status;
    return whole;
  } catch (error) {
    if (error instanceof NoAnswer) {
      throw error;
    }
    throw new NoAnswer(codeOf(error, signal), error);
  }
};

async function wholeOf(answer: Response, tokens: ReadonlySet<string>): Promise<Response> {
  const { status } = answer;
  if (!DECODED.has(answer.headers.get("Content-Encoding") ?? "identity")) {
    await answer.body?.cancel();
    throw new NoAnswer("SERVICE_BAD_ANSWER");
  }
  const body = withoutTokens(await read(answer), tokens);
  const headers = new Headers();
  for (const name of PASSED) {
    const value = answer.headers.get(name);
    if (value !== null && !hasToken(value, tokens)) {
      headers.set(name, value);
    }
  }
  return new Response(WITHOUT_BODY.has(status) ? null : body, { status, headers });
}

function codeOf(error: unknown, signal: AbortSignal): NoAnswer["code"] {
  if (error instanceof RangeError) {
    return "SERVICE_BAD_ANSWER"; // a status that no final answer can have
  }
  return signal.aborted ? "SERVICE_TIMEOUT" : "SERVICE_UNREACHABLE";
}

async function read({ body }: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) {
      throw new NoAnswer("SERVICE_BAD_ANSWER");
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}
