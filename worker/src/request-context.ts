// The request that the gateway handles, and its variables.
import type { Context } from "hono";
import type { Outcome, ProblemCode } from "./problem-types.ts";

export interface Variables {
  /** The caller's correlation id, or a new one. A failure has it unless the service names another. */
  correlationId: string;
  /** The id of the caller. */
  caller?: string;
  /** Why the request failed. For a payment, its outcome too. */
  failure?: { readonly code: ProblemCode; readonly outcome?: Outcome };
}

export type RequestContext = Context<{ Variables: Variables }>;

/** Returns true for every POST: each request that pays is one. */
export function isPayment(c: RequestContext): boolean {
  return c.req.method === "POST";
}
