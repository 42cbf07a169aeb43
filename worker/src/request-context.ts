// The context of a request: Hono's, with the gateway's variables.
import type { Context } from "hono";
import type { Outcome, ProblemCode } from "./problem-types.ts";

export interface Variables {
  /** The caller's correlation id, or a new one. A failure shows it, unless the service gave another. */
  correlationId: string;
  /** The id of the caller. */
  caller?: string;
  /** The code of the failure, and for a payment its outcome. */
  failure?: { readonly code: ProblemCode; readonly outcome?: Outcome };
}

export type RequestContext = Context<{ Variables: Variables }>;

/** Returns true for every POST: all payments are POSTs. */
export function isPayment(c: RequestContext): boolean {
  return c.req.method === "POST";
}
