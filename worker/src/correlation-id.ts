// The correlation id. By it you find a request in this Worker's log and at the service.

const CORRELATION_ID = /^[\w.:-]{1,128}$/;

/** Returns the value if it is a well-formed correlation id. */
export function correlationIdOf(value: unknown): string | undefined {
  return typeof value === "string" && CORRELATION_ID.test(value) ? value : undefined;
}
