// The Worker that is tested. Its requests share clients, as a user's do.

import { instances } from "../support/instances.ts";
import type { Call } from "./calls.ts";
import { jump, notes, Subject } from "./subject.ts";

interface Env {
  readonly ORIGIN: string;
  readonly NAME: string;
  readonly PUBLIC_KEY: string;
  readonly PRIVATE_KEY: string;
}

addEventListener("unhandledrejection", (event) => {
  notes.push(`an unhandled rejection: ${(event as PromiseRejectionEvent).reason}`);
});

let subject: Subject | undefined;

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    subject ??= new Subject({
      origin: env.ORIGIN,
      name: env.NAME,
      publicKey: env.PUBLIC_KEY,
      privateKey: env.PRIVATE_KEY,
    });
    const { pathname, searchParams } = new URL(request.url);
    if (pathname === "/calls") {
      const calls = (await request.json()) as readonly Call[];
      const current = subject;
      const outcomes = await Promise.all(calls.map((call) => current.run(call)));
      return Response.json({ outcomes, notes: notes.splice(0) });
    }
    if (pathname === "/leave") {
      subject.leave((await request.json()) as Call);
    } else if (pathname === "/jump") {
      jump(Number(searchParams.get("ms")));
    }
    return Response.json({ wasmBytes: instances().bytes });
  },
};
