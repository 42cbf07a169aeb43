// What `npm run dev` runs, on this machine only, and never deployed: whoever is here may call.
import { env } from "cloudflare:workers";
import { isFromAnotherPage } from "./same-origin.ts";
import { start } from "./start.ts";

export { TokenCoordinator } from "./coordinator.ts";

/** Another name that leads here belongs to somebody else's page (DNS rebinding). */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** What dev.mjs adds to each request that it lets in. `wrangler dev` by itself lets anything in. */
const { DEV_DOOR } = env as { readonly DEV_DOOR?: string };

/** For every path and method: also `/healthz` exchanges keys, and a GET reaches the service. */
function isFromHere(request: Request): boolean {
  const { url, headers } = request;
  // Check both. wrangler takes the address from a header that a page can set; if it takes `Host` from there too, only
  // dev.mjs can tell.
  const names = [new URL(url).host, headers.get("Host") ?? ""];
  const isHere = names.every((name) => LOOPBACK.test(name));
  const cameIn = DEV_DOOR === undefined || headers.get("Dev-Door") === DEV_DOOR;
  return isHere && cameIn && !isFromAnotherPage(request);
}

const app = start(env, () => () => ({ id: "developer" }));

export default {
  fetch(request: Request): Response | Promise<Response> {
    return isFromHere(request)
      ? app.fetch(request)
      : new Response("Only for this machine's programs and pages.\n", { status: 403 });
  },
};
