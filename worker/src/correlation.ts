// By which a request is found again: in this Worker's log, and at the service.

const CORRELATION_ID = /^[\w.:-]{1,128}$/;

export function correlationIdOf(value: unknown): string | undefined {
  return typeof value === "string" && CORRELATION_ID.test(value) ? value : undefined;
}

/** Whatever has failed can be asked about: by the caller's own id, or by a new one. */
export async function identified(answer: Response, request: Request): Promise<Response> {
  const isProblem = answer.headers.get("Content-Type") === "application/problem+json";
  if (!isProblem || answer.headers.has("X-Correlation-Id")) {
    return answer;
  }
  const correlationId =
    correlationIdOf(request.headers.get("X-Correlation-Id")) ?? crypto.randomUUID();
  const headers = new Headers(answer.headers);
  headers.set("X-Correlation-Id", correlationId);
  const body = { ...(await answer.json<object>()), correlationId };
  return new Response(JSON.stringify(body), { status: answer.status, headers });
}
