// An answer that is no success, as RFC 9457 has it.
import type { Context } from "hono";
import { type Code, KINDS, type Kind, type Outcome } from "./problems.ts";

export interface Known {
  readonly status?: number | undefined;
  readonly detail?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly errors?: unknown;
  readonly retryAfter?: string | undefined;
  /** Where more is known than the table says. */
  readonly outcome?: Outcome | undefined;
}

/** What is known of a request once it has been looked at. */
export interface Variables {
  /** The caller's own id, or a new one: by it a failure is found again if the service has named none. */
  correlationId: string;
  caller?: string;
  /** Why it failed. Of a payment also what is known of it. */
  failure?: { readonly code: Code; readonly outcome?: Outcome };
}

export type RequestContext = Context<{ Variables: Variables }>;

const UNKNOWN =
  "Whether the payment was made is not known: ask GET /requery by its reference before trying again.";

/** Whatever pays is a POST, and what is a POST may have paid. */
export function isPayment(c: RequestContext): boolean {
  return c.req.method === "POST";
}

/** Answers with a problem, and leaves it to the log. */
export function problem(c: RequestContext, code: Code, known: Known = {}): Response {
  const kind: Kind = KINDS[code] ?? KINDS.DEFECT; // a newer package may know more codes
  const { errors, retryAfter } = known;
  const correlationId = known.correlationId ?? c.get("correlationId");
  const status = known.status ?? kind.status;
  const outcome = isPayment(c) ? (known.outcome ?? kind.outcome) : undefined;
  const detail = [known.detail ?? kind.detail, ...(outcome === "unknown" ? [UNKNOWN] : [])];
  c.set("failure", { code, ...(outcome && { outcome }) });
  const body = {
    type: `urn:pay4power-auth:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title: kind.title,
    status,
    detail: detail.join(" "),
    code,
    ...(outcome && { outcome }),
    correlationId,
  };
  const headers = new Headers({
    "Content-Type": "application/problem+json",
    "X-Correlation-Id": correlationId,
  });
  if (retryAfter !== undefined) {
    headers.set("Retry-After", retryAfter);
  }
  return new Response(jsonOf(body, errors), { status, headers });
}

/** What a service gave as details can be too deep to be written again. Then it is left out. */
function jsonOf(body: object, errors: unknown): string {
  try {
    return JSON.stringify({ ...body, errors });
  } catch {
    return JSON.stringify(body);
  }
}
