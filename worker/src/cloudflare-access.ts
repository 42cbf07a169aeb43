// The example of a check: whoever Cloudflare Access has let in. Access signs who that is into a header,
// which is verified here, so that who comes past Access (by another address of the Worker) is refused.
import { createRemoteJWKSet, errors, jwtVerify } from "jose";
import type { Allow } from "./allow.ts";
import { NotSetUp } from "./set-up.ts";

interface Access {
  /** `https://your-team.cloudflareaccess.com` */
  readonly teamDomain: string;
  /** The Audience (AUD) tag of the application. */
  readonly audience: string;
}

/** What jose says of an assertion that is not good, as opposed to keys that can't be had. */
const REFUSED = /^ERR_(JW[ST]_|JWKS_(NO|MULTIPLE)_MATCHING|JOSE_(ALG_NOT_ALLOWED|NOT_SUPPORTED))/;

/** How far this machine's clock and Access's may be apart. */
const TOLERANCE_S = 5;

export function cloudflareAccess({ teamDomain, audience }: Access): Allow {
  const issuer = originOf(teamDomain);
  const keys = createRemoteJWKSet(new URL("/cdn-cgi/access/certs", issuer));
  const checks = {
    issuer,
    audience,
    algorithms: ["RS256"],
    clockTolerance: TOLERANCE_S,
    requiredClaims: ["exp", "iat", "sub"],
  };
  return async ({ headers }) => {
    // Not the cookie CF_Authorization, which holds the same: Access does not promise to pass it on.
    const assertion = headers.get("Cf-Access-Jwt-Assertion");
    if (assertion === null) {
      return undefined;
    }
    try {
      const { payload } = await jwtVerify(assertion, keys, checks);
      // jose looks at `iat` only where it limits an assertion's age.
      const isIssued = Number(payload.iat) <= Date.now() / 1_000 + TOLERANCE_S;
      // A person has an email; a service token has a common name, and an empty `sub`.
      const id = payload["email"] || payload["common_name"] || payload.sub;
      return isIssued && id && typeof id === "string" ? { id } : undefined;
    } catch (error) {
      if (error instanceof errors.JOSEError && REFUSED.test(error.code)) {
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
    throw new NotSetUp(`\`ACCESS_TEAM_DOMAIN\` must be an address like ${example}.`);
  }
  return url.origin;
}
