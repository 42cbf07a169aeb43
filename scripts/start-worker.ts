// The Worker of npm start. It holds the keys, gets a token, and answers with a summary of the token, never the token
// itself.
import { authenticate, isAuthError } from "pay4power-auth";

interface Env {
  readonly PAY4POWER_PUBLIC_KEY: string;
  readonly PAY4POWER_PRIVATE_KEY: string;
  readonly PAY4POWER_ENVIRONMENT?: string;
  readonly PAY4POWER_TOKEN_URL?: string;
}

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Returns true if a program of this machine sends the request, or a person types the address. Other requests are
 * refused, because each answer costs an exchange with the merchant's keys. A foreign page shows itself by
 * `Sec-Fetch-Site`, by `Origin`, or by another name that leads here (DNS rebinding). Such a page can set the header
 * that miniflare takes `url` from, but not `Host`.
 */
function isLocal({ headers, url }: Request): boolean {
  const host = headers.get("Host") ?? "";
  const site = headers.get("Sec-Fetch-Site") ?? "none";
  const origin = headers.get("Origin")?.toLowerCase();
  return (
    LOOPBACK.test(host) &&
    LOOPBACK.test(new URL(url).host) &&
    (site === "none" || site === "same-origin") &&
    (origin === undefined || origin === `http://${host.toLowerCase()}`)
  );
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (!isLocal(request)) {
      return new Response("Only for programs of this machine\n", { status: 403 });
    }
    if (new URL(request.url).pathname !== "/") {
      return new Response("Not found\n", { status: 404 });
    }
    if (request.method !== "GET") {
      return new Response("Only GET\n", { status: 405, headers: { Allow: "GET" } });
    }
    try {
      const token = await authenticate({
        publicKey: env.PAY4POWER_PUBLIC_KEY,
        privateKey: env.PAY4POWER_PRIVATE_KEY,
        environment: env.PAY4POWER_ENVIRONMENT,
        tokenUrl: env.PAY4POWER_TOKEN_URL,
      });
      return Response.json({
        runtime: "workerd",
        environment: token.claims?.environment ?? env.PAY4POWER_ENVIRONMENT ?? "TEST",
        tokenType: token.tokenType,
        expiresAt: token.expiresAt.toISOString(),
        expiresInMs: token.expiresInMs(),
        merchantName: token.claims?.merchant_name ?? null,
        correlationId: token.correlationId,
        authenticated: true,
      });
    } catch (error) {
      if (isAuthError(error)) {
        return Response.json(error, { status: 502 });
      }
      throw error;
    }
  },
};
