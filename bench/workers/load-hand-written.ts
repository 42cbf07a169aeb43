import { HandWritten } from "../peers/hand-written.ts";
import { exchangeOver } from "../peers/hand-written-exchange.ts";
import type { Env } from "./env.ts";

const send = (url: string | URL | Request, init?: RequestInit) => fetch(url, init);
let tokens: HandWritten | undefined;

export default {
  fetch(_request: Request, { TOKEN_URL, API_URL }: Env) {
    tokens ??= new HandWritten(exchangeOver(send, TOKEN_URL), send, 300_000);
    return tokens.fetch(`${API_URL}/services`);
  },
};
