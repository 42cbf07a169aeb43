// Chooses the check of callers. To use a check of your own, return it here.
import type { CallerCheck } from "./caller.ts";
import { cloudflareAccess } from "./cloudflare-access.ts";
import { requireBindings } from "./environment.ts";

/**
 * Returns the check by Cloudflare Access, or `undefined` if Access is not set up: then the Worker refuses all callers.
 */
export function callerCheckOf(env: Env): CallerCheck | undefined {
  const { ACCESS_TEAM_DOMAIN: teamDomain, ACCESS_AUDIENCE: audience } = env;
  if (!teamDomain && !audience) {
    return undefined;
  }
  requireBindings(env, ["ACCESS_TEAM_DOMAIN", "ACCESS_AUDIENCE"]);
  return cloudflareAccess({ teamDomain, audience });
}
