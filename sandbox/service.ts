// The service itself, as routes. What it answers is what the service's documentation shows.
import { randomUUID, timingSafeEqual } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import { SignJWT } from "jose";

/** The example keys: visibly not real ones. */
export const KEYS = {
  publicKey: "PUB_KEY_sandbox-0000000000000000000000000000000000",
  privateKey:
    "PRIV_KEY_sandbox-000000000000000000000000000000000000000000000000000000000000000000000",
} as const;

/** The path that the reference's server address has, before those of its endpoints. */
export const BASE_PATH = "/api/v2.1/b2b";

/** Both addresses under which the service's pages show the exchange. */
export const TOKEN_PATHS = ["/test/v2.1/b2b/auth/token", "/auth/token"] as const;

export interface ServiceOptions {
  /** How long a token lives, in seconds. */
  readonly lifetimeS: number;
  /** How long every answer takes, in milliseconds. */
  readonly latencyMs: number;
  /** The origin of the one page that may ask; by default no page may. */
  readonly allowedOrigin?: string | undefined;
}

interface Detail {
  readonly field: string | null;
  readonly message: string;
}

const signingSecret = new TextEncoder().encode("a secret that the service alone has");

export function createService({ lifetimeS, latencyMs, allowedOrigin }: ServiceOptions): Hono {
  const app = new Hono().basePath(BASE_PATH);

  if (allowedOrigin !== undefined) {
    app.use(cors({ origin: [allowedOrigin], exposeHeaders: ["Retry-After"] }));
  }

  app.use(async (_, next) => {
    await sleep(latencyMs);
    await next();
  });
  app.use(
    bodyLimit({ maxSize: 64 * 1024, onError: (c) => refuse(c, 413, "The body is too large.") }),
  );

  for (const path of TOKEN_PATHS) {
    app.post(path, async (c) => {
      const body: unknown = await c.req.json().catch(() => undefined);
      if (typeof body !== "object" || body === null || Array.isArray(body)) {
        return refuse(c, 400, "The body must be a JSON object.");
      }
      const fields = body as Record<string, unknown>;
      const missing = ["publicKey", "privateKey", "environment"].filter(
        (field) => typeof fields[field] !== "string" || fields[field] === "",
      );
      if (missing.length > 0) {
        const details = missing.map((field) => ({ field, message: "must be a string" }));
        return refuse(c, 400, "The request is not valid.", details);
      }
      const { publicKey, privateKey, environment } = fields as Record<string, string>;
      if (!same(publicKey, KEYS.publicKey) || !same(privateKey, KEYS.privateKey)) {
        return refuse(c, 401, "Invalid credentials.");
      }
      const now = Math.floor(Date.now() / 1000);
      const token = await sign(environment ?? "", now, now + lifetimeS);
      const data = { token, expiresAt: now + lifetimeS, tokenType: "Bearer" };
      return c.json(envelope(200, "Token generated successfully.", null, data), 200);
    });
    app.all(path, (c) => refuse(c, 405, "Only POST is allowed here."));
  }
  app.notFound((c) => refuse(c, 404, "There is no such resource."));
  app.onError((_, c) => refuse(c, 500, "Something went wrong."));
  return app;
}

/** The token of the documentation's example, with every claim of it. */
function sign(environment: string, issuedAtS: number, expiresAtS: number): Promise<string> {
  return new SignJWT({
    user_id: "1",
    merchant_id: "1",
    business_name: "SANDBOX",
    businessName: "SANDBOX",
    merchant_name: "Merchant_1",
    category: "RegisteredBusiness",
    tier: "Diamond",
    environment,
    public_key: KEYS.publicKey.replace(/^PUB_KEY_/, ""),
  })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setJti(randomUUID())
    .setIssuedAt(issuedAtS)
    .setNotBefore(issuedAtS)
    .setExpirationTime(expiresAtS)
    .setIssuer("BILLPAYMENTSERVICE_MERCHANT_ISSUER")
    .setAudience("BILLPAYMENTSERVICE_MERCHANT_AUDIENCE")
    .sign(signingSecret);
}

function envelope(
  statusCode: number,
  message: string,
  errors: readonly Detail[] | null,
  data: object | null,
) {
  const correlationId = randomUUID();
  return { success: statusCode < 400, message, errors, statusCode, correlationId, data };
}

function refuse(
  c: Context,
  status: 400 | 401 | 404 | 405 | 413 | 500,
  message: string,
  details: readonly Detail[] = [{ field: null, message }],
) {
  return c.json(envelope(status, message, details, null), status);
}

function same(given: string | undefined, wanted: string): boolean {
  const [a, b] = [Buffer.from(given ?? ""), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
