// Who may call: the place to plug in another check.
import { cloudflareAccess } from "./cloudflare-access.ts";
import { needs } from "./set-up.ts";

export interface Caller {
  /** Is logged with each request. */
  readonly id: string;
}

/** The caller, or nobody if it may not call. If it throws, that can't be told now. */
export type Allow = (request: Request) => Promise<Caller | undefined> | Caller | undefined;

/** Whoever Cloudflare Access lets in, once that is set up; until then nobody. */
export function fromEnvironment(env: Env): Allow | undefined {
  const { ACCESS_TEAM_DOMAIN: teamDomain, ACCESS_AUDIENCE: audience } = env;
  if (!teamDomain && !audience) {
    return undefined;
  }
  needs(env, ["ACCESS_TEAM_DOMAIN", "ACCESS_AUDIENCE"]);
  return cloudflareAccess({ teamDomain, audience });
}
