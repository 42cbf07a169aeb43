// Answers `/healthz`. It gets a token as any request does, so that a failure shows before a payment needs the token. It
// causes an exchange only if there is no current token.
import type { Client } from "pay4power-auth";
import { errorResponse } from "./error-response.ts";
import { problemResponse } from "./problem-details.ts";
import type { RequestContext } from "./request-context.ts";

const TOKEN_TIMEOUT_MS = 5_000;

export async function health(c: RequestContext, client: Client): Promise<Response> {
  const signal = AbortSignal.timeout(TOKEN_TIMEOUT_MS);
  try {
    await client.getToken({ signal });
    return Response.json({ status: "ok", token: "at hand" });
  } catch (error) {
    return signal.aborted ? problemResponse(c, "TOKEN_NOT_YET") : errorResponse(c, error);
  }
}
