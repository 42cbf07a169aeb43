// Stands in for Cloudflare Access: signs assertions, and serves the public keys.
import { createServer } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { listen } from "../../scripts/local-server.ts";

export const AUDIENCE = "0123456789abcdef";

export async function startAccess() {
  const good = await generateKeyPair("RS256");
  const other = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(good.publicKey)), kid: "good", alg: "RS256", use: "sig" };
  let isDown = false;
  const server = createServer((request, response) => {
    const isKeys = request.url === "/cdn-cgi/access/certs" && !isDown;
    response.writeHead(isKeys ? 200 : 503).end(JSON.stringify({ keys: [jwk] }));
  });
  const { origin: teamDomain, close } = await listen(server);
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
    good: good.privateKey,
    other: other.privateKey,
    secret: new TextEncoder().encode(jwk.n),
    assertion: () => claims().sign(good.privateKey),
    set isDown(value: boolean) {
      isDown = value;
    },
    close,
  };
}
export type Access = Awaited<ReturnType<typeof startAccess>>;
