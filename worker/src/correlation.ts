// By which a request is found again: in this Worker's log, and at the service.

const CORRELATION_ID = /^[\w.:-]{1,128}$/;

export function correlationIdOf(value: unknown): string | undefined {
  return typeof value === "string" && CORRELATION_ID.test(value) ? value : undefined;
}
