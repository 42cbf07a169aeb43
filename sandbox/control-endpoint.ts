// The control over HTTP: for whoever runs the sandbox in a process of its own.
import { Hono } from "hono";
import { cors } from "hono/cors";
import { isFromHere } from "../scripts/from-here.ts";
import { type Changes, type Control, InvalidChanges } from "./control.ts";
import { accept, refuse } from "./envelope.ts";

export function createControlEndpoint(control: Control, allowedOrigin?: string): Hono {
  const endpoint = new Hono();
  endpoint.use(async (c, next) => {
    return isFromHere(c.req.method, (name) => c.req.header(name), allowedOrigin)
      ? next()
      : refuse(c, 403, "Only programs of this machine may ask, by its address or as localhost.");
  });
  if (allowedOrigin !== undefined) {
    endpoint.use(cors({ origin: [allowedOrigin] })); // after the check, so that it answers no foreign preflight
  }
  endpoint.get("/", (c) => accept(c, "Status.", control.status()));
  endpoint.get("/ledger", (c) => accept(c, "Ledger.", control.ledger()));
  endpoint.post("/", async (c) => {
    try {
      // Whatever the body is, `apply` looks at all of it.
      control.apply((await c.req.json().catch(() => undefined)) as Changes);
    } catch (error) {
      if (error instanceof InvalidChanges) {
        return refuse(c, 400, "The changes are not valid; none was made.", error.details);
      }
      throw error;
    }
    return accept(c, "Changed.", control.status());
  });
  return endpoint;
}
