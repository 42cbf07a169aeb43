// Issues and verifies tokens. Only the sandbox has the secret that signs them.
import { createSecretKey, type KeyObject, randomBytes, randomUUID } from "node:crypto";
import { errors, jwtVerify, SignJWT } from "jose";

const ISSUER = "BILLPAYMENTSERVICE_MERCHANT_ISSUER";
const AUDIENCE = "BILLPAYMENTSERVICE_MERCHANT_AUDIENCE";

export interface IssuedToken {
  readonly token: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

export class Tokens {
  #secret = newSecret();

  /** Issues a token with every claim of the documentation's example. */
  async issue(claims: Claims, nowMs: number, lifetimeS: number): Promise<IssuedToken> {
    const issuedAtS = Math.floor(nowMs / 1000);
    const expiresAt = issuedAtS + lifetimeS;
    const token = await new SignJWT({
      user_id: "1",
      merchant_id: "1",
      business_name: "SANDBOX",
      businessName: "SANDBOX",
      merchant_name: "Merchant_1",
      category: "RegisteredBusiness",
      tier: "Diamond",
      ...claims,
    })
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setJti(randomUUID())
      .setIssuedAt(issuedAtS)
      .setNotBefore(issuedAtS)
      .setExpirationTime(expiresAt)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .sign(this.#secret);
    return { token, expiresAt };
  }

  /** Returns the reason to refuse an `Authorization` header, or `undefined` if it is valid. */
  async refusal(authorization: string | undefined, nowMs: number): Promise<string | undefined> {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) {
      return "A bearer token is needed.";
    }
    try {
      await jwtVerify(token, this.#secret, {
        algorithms: ["HS256"],
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ["exp"],
        currentDate: new Date(nowMs),
      });
      return undefined;
    } catch (error) {
      return error instanceof errors.JWTExpired
        ? "The token has expired."
        : "The token is not valid.";
    }
  }

  /** Revokes all tokens by a new secret: none of them is signed with it. */
  revokeAll(): void {
    this.#secret = newSecret();
  }
}

interface Claims {
  readonly environment: string;
  readonly public_key: string;
}

function newSecret(): KeyObject {
  return createSecretKey(randomBytes(32));
}
