// The check of callers. Plug in another one here.
import type { Allow } from "./caller.ts";
import { cloudflareAccess } from "./cloudflare-access.ts";
import { requireBindings } from "./environment.ts";

/** Returns the check by Cloudflare Access, or `undefined` if Access is not set up. Then every caller is refused. */
export function fromEnvironment(env: Env): Allow | undefined {
  const { ACCESS_TEAM_DOMAIN: teamDomain, ACCESS_AUDIENCE: audience } = env;
  if (!teamDomain && !audience) {
    return undefined;
  }
  requireBindings(env, ["ACCESS_TEAM_DOMAIN", "ACCESS_AUDIENCE"]);
  return cloudflareAccess({ teamDomain, audience });
}
