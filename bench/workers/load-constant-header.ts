import { exchangeOver } from "../peers/hand-written-exchange.ts";
import type { Env } from "./env.ts";

const send = (url: string | URL | Request, init?: RequestInit) => fetch(url, init);
let headers: Record<string, string> | undefined;

/** Sends the first token for ever: what a token costs that nobody looks after. */
export default {
  async fetch(_request: Request, { TOKEN_URL, API_URL }: Env) {
    headers ??= { Authorization: `Bearer ${(await exchangeOver(send, TOKEN_URL)()).token}` };
    return fetch(`${API_URL}/services`, { headers });
  },
};
