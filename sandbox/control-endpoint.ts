// The control over HTTP, for a program that runs the sandbox in another process.
import { Hono } from "hono";
import { cors } from "hono/cors";
import { type Changes, InvalidChanges } from "./changes.ts";
import type { Control } from "./control.ts";
import { accept, refuse } from "./envelope.ts";
import { isLocalRequest } from "./local-request.ts";

export function createControlEndpoint(control: Control, allowedOrigin?: string): Hono {
  const endpoint = new Hono();
  endpoint.use(async (c, next) => {
    return isLocalRequest(c.req.method, (name) => c.req.header(name), allowedOrigin)
      ? next()
      : refuse(
          c,
          403,
          "Only programs of this machine may use the control, by its address or as localhost.",
        );
  });
  if (allowedOrigin !== undefined) {
    endpoint.use(cors({ origin: [allowedOrigin] })); // after the check, so that a preflight of any other origin is refused
  }
  endpoint.get("/", (c) => accept(c, "Status.", control.status()));
  endpoint.get("/ledger", (c) => accept(c, "Ledger.", control.ledger()));
  endpoint.post("/", async (c) => {
    try {
      // `apply` validates the whole body.
      control.apply((await c.req.json().catch(() => undefined)) as Changes);
    } catch (error) {
      if (error instanceof InvalidChanges) {
        return refuse(c, 400, "The changes are not valid. None was made.", error.details);
      }
      throw error;
    }
    return accept(c, "Changed.", control.status());
  });
  return endpoint;
}
