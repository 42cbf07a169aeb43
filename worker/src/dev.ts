// The Worker for development, which `npm run dev` runs on this machine and which is never deployed. Every program
// and page of this machine may call.
import { env } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { isCrossOrigin } from "./same-origin.ts";

export { TokenCoordinator } from "./coordinator.ts";

/** The names of this machine. Another name that leads here belongs to a foreign page (DNS rebinding). */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** dev.mjs, the proxy before wrangler, adds it to each request that it forwards. If it is not set, a request need not come from there. */
const { DEV_PROXY_SECRET } = env as { readonly DEV_PROXY_SECRET?: string };

/** Returns true for a local request. All paths and methods need the check: `/healthz` makes an exchange, too. */
function isLocal(request: Request): boolean {
  const { url, headers } = request;
  // Check both. wrangler takes the address from a header that a page can set; if it takes `Host` from there too, only
  // dev.mjs can tell.
  const names = [new URL(url).host, headers.get("Host") ?? ""];
  const hasLocalName = names.every((name) => LOOPBACK.test(name));
  const isFromProxy =
    DEV_PROXY_SECRET === undefined || headers.get("Dev-Proxy-Secret") === DEV_PROXY_SECRET;
  return hasLocalName && isFromProxy && !isCrossOrigin(request);
}

const app = createApp(env, () => () => ({ id: "developer" }));

export default {
  fetch(request: Request): Response | Promise<Response> {
    return isLocal(request)
      ? app.fetch(request)
      : new Response("Only for this machine's programs and pages.\n", { status: 403 });
  },
};
