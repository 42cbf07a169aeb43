import { createClient } from "pay4power-auth";
import { KEYS } from "../peers/hand-written-exchange.ts";
import type { Env } from "./env.ts";

export default {
  async fetch(_request: Request, { TOKEN_URL: tokenUrl }: Env) {
    const client = createClient({ ...KEYS, tokenUrl });
    const token = await client.getToken();
    return new Response(token.value && "ok");
  },
};
