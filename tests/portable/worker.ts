// Runs the portable suite inside a request to a Worker.
import * as lib from "pay4power-auth";
import { type Places, runCases } from "./harness.ts";
import { cases } from "./suite.ts";

export default {
  async fetch(request: Request): Promise<Response> {
    const places = (await request.json()) as Places;
    return Response.json(await runCases(cases, { ...places, lib }));
  },
};
