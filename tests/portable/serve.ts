// The portable suite as a request to a Worker.
import type * as Library from "pay4power-auth";
import type { Places } from "./harness.ts";
import { runSuite } from "./suite.ts";

export const serve = (lib: typeof Library) => ({
  async fetch(request: Request): Promise<Response> {
    const places = (await request.json()) as Places;
    return Response.json({ results: await runSuite({ ...places, lib }) });
  },
});
