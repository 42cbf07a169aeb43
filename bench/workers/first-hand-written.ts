import { HandWritten } from "../peers/hand-written.ts";
import { exchangeOver } from "../peers/hand-written-exchange.ts";
import type { Env } from "./env.ts";

export default {
  async fetch(_request: Request, env: Env) {
    const exchange = exchangeOver((url, init) => fetch(url, init), env.TOKEN_URL);
    const { token } = await new HandWritten(exchange, fetch, 0).getToken();
    return new Response(token && "ok");
  },
};
