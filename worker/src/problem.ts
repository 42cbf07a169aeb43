// An answer that is no success, as RFC 9457 has it.
import { type Code, KINDS, type Kind } from "./problems.ts";

export interface Known {
  readonly status?: number | undefined;
  readonly detail?: string | undefined;
  readonly correlationId?: string | undefined;
  readonly errors?: unknown;
  readonly retryAfter?: string | undefined;
  /** Whether it was a payment that failed. */
  readonly isPayment?: boolean;
}

const UNKNOWN =
  "Whether the payment was made is not known: ask GET /requery by its reference before trying again.";

export function problem(code: Code, known: Known = {}): Response {
  const kind: Kind = KINDS[code];
  const { correlationId, errors, retryAfter, isPayment } = known;
  const status = known.status ?? kind.status;
  const isUnknown = isPayment && kind.outcome === "unknown";
  const detail = [known.detail ?? kind.detail, ...(isUnknown ? [UNKNOWN] : [])].join(" ");
  const body = {
    type: `urn:pay4power-auth:problem:${code.toLowerCase().replaceAll("_", "-")}`,
    title: kind.title,
    status,
    detail,
    code,
    ...(isPayment && { outcome: kind.outcome }),
    correlationId,
    errors,
  };
  const headers = new Headers({ "Content-Type": "application/problem+json" });
  if (retryAfter !== undefined) {
    headers.set("Retry-After", retryAfter);
  }
  if (correlationId !== undefined) {
    headers.set("X-Correlation-Id", correlationId);
  }
  return new Response(JSON.stringify(body), { status, headers });
}
