import { type Client, createClient } from "pay4power-auth";
import { KEYS } from "../peers/hand-written-exchange.ts";
import type { Env } from "./env.ts";

let client: Client | undefined;

export default {
  fetch(_request: Request, { TOKEN_URL: tokenUrl, API_URL: baseUrl }: Env) {
    client ??= createClient({ ...KEYS, tokenUrl, baseUrl });
    return client.fetch("/services");
  },
};
