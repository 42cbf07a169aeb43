// Stands in for Cloudflare Access: signs assertions, and serves the public key that verifies them.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { listen } from "../../scripts/local-server.ts";

export const AUDIENCE = "0123456789abcdef";

export async function startAccess() {
  const keys = await generateKeyPair("RS256");
  const otherKeys = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: "good", alg: "RS256", use: "sig" };
  let isDown = false;
  const server = createServer((request, response) => {
    const isKeys = request.url === "/cdn-cgi/access/certs" && !isDown;
    response.writeHead(isKeys ? 200 : 503).end(JSON.stringify({ keys: [jwk] }));
  });
  const { origin: teamDomain, close } = await listen(server);
  /** Returns an assertion before it is signed. */
  const claims = (header: { alg?: string; kid?: string } = {}, payload: object = {}) =>
    new SignJWT({
      email: "teller@shop.example",
      type: "app",
      sub: "7335d417-61da-459d-899c-0a01c76a2f94",
      ...payload,
    })
      .setProtectedHeader({ alg: "RS256", kid: "good", ...header })
      .setIssuer(teamDomain)
      .setAudience([AUDIENCE])
      .setIssuedAt()
      .setExpirationTime("5m");
  return {
    teamDomain,
    claims,
    signingKey: keys.privateKey,
    /** A key that Access does not have. */
    otherKey: otherKeys.privateKey,
    /** For an attacker who takes the public key as an HMAC secret. */
    publicKeyAsSecret: new TextEncoder().encode(jwk.n),
    assertion: () => claims().sign(keys.privateKey),
    /** While it is true, the public key is not available. */
    set isDown(value: boolean) {
      isDown = value;
    },
    close,
  };
}
export type Access = Awaited<ReturnType<typeof startAccess>>;
