// Whether a token is at hand. It is asked for like by any request, so that what is wrong with getting
// one shows before anybody pays; with one at hand nobody else is asked.
import type { Client } from "pay4power-auth";
import { failed } from "./forward.ts";
import { problem, type RequestContext } from "./problem.ts";

const PATIENCE_MS = 5_000;

export async function health(c: RequestContext, client: Client): Promise<Response> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    await client.getToken({ signal });
    return Response.json({ status: "ok", token: "at hand" });
  } catch (error) {
    return signal.aborted ? problem(c, "TOKEN_NOT_YET") : failed(c, error);
  }
}
