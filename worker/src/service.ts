// How the client sends: once, for so long, and so that no token comes back.
import { hasToken, withoutToken } from "./redaction.ts";

/** Why there is no answer, or none that can be used, to a request that was sent. */
export class NoAnswer extends Error {
  readonly code: "SERVICE_UNREACHABLE" | "SERVICE_TIMEOUT" | "SERVICE_BAD_ANSWER";

  constructor(code: NoAnswer["code"], cause?: unknown) {
    super(code, { cause });
    this.code = code;
  }
}

/** Headers and body. A payment can take long; to give up early leaves it unknown. */
const TIMEOUT_MS = 30_000;
const MAX_BYTES = 1024 * 1024;
const PASSED = ["Content-Type", "Retry-After", "X-Correlation-Id"];
const WITHOUT_BODY = new Set([204, 205, 304]);

/**
 * The whole answer, or `NoAnswer`. Whole, because half an answer to a payment must not look like a
 * success; and without what only the service and this Worker may know.
 */
export const send: typeof fetch = async (input, init) => {
  const token = new Headers(init?.headers).get("Authorization")?.replace(/^Bearer /, "");
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await fetch(input, { ...init, signal });
    const body = withoutToken(await read(answer), token);
    const headers = PASSED.flatMap((name) => {
      const value = answer.headers.get(name);
      return value === null || hasToken(value, token) ? [] : [[name, value]];
    });
    const { status } = answer;
    return new Response(WITHOUT_BODY.has(status) ? null : body, { status, headers });
  } catch (error) {
    if (error instanceof NoAnswer) {
      throw error;
    }
    if (error instanceof RangeError) {
      throw new NoAnswer("SERVICE_BAD_ANSWER", error); // a status that no final answer can have
    }
    throw new NoAnswer(signal.aborted ? "SERVICE_TIMEOUT" : "SERVICE_UNREACHABLE", error);
  }
};

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
