// A Worker that holds the keys, gets a token with them, and says what it got: never the token.
import { authenticate, isAuthError } from "pay4power-auth";

interface Env {
  readonly PAY4POWER_PUBLIC_KEY: string;
  readonly PAY4POWER_PRIVATE_KEY: string;
  readonly PAY4POWER_ENVIRONMENT?: string;
  readonly PAY4POWER_TOKEN_URL?: string;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (new URL(request.url).pathname !== "/") {
      return new Response("Not found\n", { status: 404 });
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
