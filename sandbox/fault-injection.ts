// Injects a fault into an answer: a delay, another status, or a broken connection.
import { once } from "node:events";
import type { HttpBindings } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context, MiddlewareHandler } from "hono";
import type { StatusCode } from "hono/utils/http-status";
import { delay } from "./delay.ts";
import { envelope } from "./envelope.ts";
import type { Fault } from "./faults.ts";

/** The steps of an answer without a fault. */
interface Steps {
  /** Carries the request out. */
  process(): Promise<void>;
  /** Sets the `Date` of the answer. */
  setDate(): void;
}

/** Answers a request with the fault, and carries the request out if the fault comes `after` that. */
export async function injectFault(
  c: Context,
  fault: Fault,
  when: "before" | "after",
  { process, setDate }: Steps,
): Promise<void> {
  const { kind, status, latencyMs = 0 } = fault;
  const isOnlySlow = kind === undefined && status === undefined;
  if (when === "before") {
    await delay(latencyMs);
  }
  if (when === "after" || isOnlySlow) {
    await process();
  } else {
    replace(c, c.json(envelope(200, "Not processed.", null, null)));
  }
  if (when === "after") {
    await delay(latencyMs);
  }
  setDate();
  if (kind !== undefined) {
    await breakConnection(c, kind);
  } else if (status !== undefined) {
    replace(c, statusAnswer(c, status, fault));
  }
}

function statusAnswer(c: Context, status: number, { headers, body }: Fault): Response {
  const message = "This answer was asked for.";
  const errors = status < 400 ? null : [{ field: null, message }];
  // These statuses have no body.
  const text = [204, 205, 304].includes(status)
    ? null
    : (body ?? JSON.stringify(envelope(status, message, errors, null)));
  const type = { "Content-Type": "application/json" };
  return c.newResponse(text, status as StatusCode, { ...type, ...headers });
}

async function breakConnection(c: Context, kind: NonNullable<Fault["kind"]>): Promise<void> {
  const { outgoing } = c.env as HttpBindings;
  if (kind === "hang") {
    if (!outgoing.closed) {
      await once(outgoing, "close");
    }
  } else if (kind === "reset") {
    outgoing.socket?.resetAndDestroy();
  } else {
    const body = Buffer.from(await c.res.arrayBuffer());
    const headers = Object.fromEntries(c.res.headers);
    outgoing.writeHead(c.res.status, { ...headers, "content-length": body.length });
    outgoing.write(body.subarray(0, body.length / 2), () => outgoing.destroy());
  }
  replace(c, RESPONSE_ALREADY_SENT);
}

/** Keeps an answer that was sent already: other middleware, such as CORS, makes a new one of it. */
export const keepSentAnswer: MiddlewareHandler = async (c, next) => {
  await next();
  const { outgoing } = c.env as HttpBindings;
  if (outgoing.headersSent || outgoing.destroyed) {
    replace(c, RESPONSE_ALREADY_SENT);
  }
};

/** Replaces the answer. Removes the old one first, because Hono copies its headers into the new one. */
function replace(c: Context, answer: Response): void {
  c.res = undefined;
  c.res = answer;
}
