// The envelope: the JSON object around every answer of the service.
import { randomUUID } from "node:crypto";
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";

/** One mistake in a request. `field` is `null` if the mistake is in no single field. */
export interface Detail {
  readonly field: string | null;
  readonly message: string;
}

/** Answers with a success. */
export function accept(c: Context, message: string, data: object | null) {
  return c.json(envelope(200, message, null, data), 200);
}

/** Answers with a refusal. */
export function refuse(
  c: Context,
  status: ContentfulStatusCode,
  message: string,
  details: readonly Detail[] = [{ field: null, message }],
) {
  return c.json(envelope(status, message, details, null), status);
}

export function envelope(
  statusCode: number,
  message: string,
  errors: readonly Detail[] | null,
  data: object | null,
) {
  const correlationId = randomUUID();
  return { success: statusCode < 400, message, errors, statusCode, correlationId, data };
}
