// The service on a port of this machine. It issues tokens by two protocols, and answers every other request.
import { createServer } from "node:http";
import { type LocalServer, listen } from "../scripts/local-server.ts";

/** The service, and its addresses as Workers get them in their `env`. */
export interface HttpService extends LocalServer {
  readonly env: Record<"TOKEN_URL" | "OAUTH_URL" | "API_URL", string>;
}

export async function startHttpService(): Promise<HttpService> {
  const server = createServer((request, response) => {
    response.setHeader("Content-Type", "application/json");
    request.resume().on("end", () => response.end(answerTo(request.url ?? "")));
  });
  const listening = await listen(server);
  const { origin } = listening;
  const env = {
    TOKEN_URL: `${origin}/token`,
    OAUTH_URL: `${origin}/oauth`,
    API_URL: `${origin}/api`,
  };
  return { ...listening, env };
}

const LIFETIME_S = 3_600;

function answerTo(path: string): string {
  const iat = Math.floor(Date.now() / 1_000);
  const expiresAt = iat + LIFETIME_S;
  const claims = { environment: "TEST", iat, exp: expiresAt };
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const token = `eyJhbGciOiJIUzI1NiJ9.${payload}.c2ln`;
  if (path === "/oauth") {
    return JSON.stringify({ access_token: token, token_type: "bearer", expires_in: LIFETIME_S });
  }
  const data = path === "/token" ? { token, expiresAt, tokenType: "Bearer" } : [];
  return JSON.stringify({ success: true, statusCode: 200, data });
}
