// The check of callers by Cloudflare Access. Access puts an assertion, a signed JWT with the caller's identity, into a
// header. The Worker verifies it, so the Worker also refuses requests that reach it past Access, by another address.
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import type { CallerCheck } from "./caller.ts";
import { EnvironmentError } from "./environment.ts";

interface AccessApplication {
  /** `https://your-team.cloudflareaccess.com` */
  readonly teamDomain: string;
  /** The Audience (AUD) tag of the application. */
  readonly audience: string;
}

/** jose's error codes for a bad assertion. Any other code means that Access's keys are not available. */
const BAD_ASSERTION =
  /^ERR_(JW[ST]_|JWKS_(NO|MULTIPLE)_MATCHING|JOSE_(ALG_NOT_ALLOWED|NOT_SUPPORTED))/;

/** The difference between this machine's clock and Access's that the check accepts. */
const CLOCK_TOLERANCE_S = 5;

export function cloudflareAccess({ teamDomain, audience }: AccessApplication): CallerCheck {
  const issuer = originOf(teamDomain);
  const keys = createRemoteJWKSet(new URL("/cdn-cgi/access/certs", issuer));
  const checks = {
    issuer,
    audience,
    algorithms: ["RS256"],
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ["exp", "iat", "sub"],
  };
  return async ({ headers }) => {
    // Not from the cookie CF_Authorization: it has the same assertion, but Access does not promise to pass it on.
    const assertion = headers.get("Cf-Access-Jwt-Assertion");
    if (assertion === null) {
      return undefined;
    }
    try {
      const { payload } = await jwtVerify(assertion, keys, checks);
      // jose checks `iat` only if the age of an assertion is limited.
      const isIssued = Number(payload.iat) <= Date.now() / 1_000 + CLOCK_TOLERANCE_S;
      // A person has an email; a service token has a common name, and an empty `sub`.
      const id = payload["email"] || payload["common_name"] || payload.sub;
      return isIssued && id && typeof id === "string" ? { id } : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError && BAD_ASSERTION.test(error.code)) {
        return undefined;
      }
      throw error;
    }
  };
}

function originOf(teamDomain: string): string {
  const url = URL.parse(teamDomain);
  const isLocal = url?.hostname === "127.0.0.1" || url?.hostname === "localhost";
  if (url === null || !(url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    const example = "https://your-team.cloudflareaccess.com";
    throw new EnvironmentError(`\`ACCESS_TEAM_DOMAIN\` must be an address like ${example}.`);
  }
  return url.origin;
}
