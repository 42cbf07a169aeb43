import type { Env } from "./env.ts";

export default {
  fetch: (_request: Request, { API_URL }: Env) => fetch(`${API_URL}/services`),
};
