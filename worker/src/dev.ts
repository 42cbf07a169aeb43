// The Worker for development. `npm run dev` runs it on this machine; it is never deployed. Every program and page of
// this machine may call it.
import { env } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { isCrossOrigin } from "./same-origin.ts";

export { TokenCoordinator } from "./coordinator.ts";

/** The names of this machine. A request under any other name may come from a foreign page (DNS rebinding). */
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * dev.mjs, the proxy before wrangler, adds this secret to each request. Without the secret, requests need not come from
 * it.
 */
const { DEV_PROXY_SECRET } = env as { readonly DEV_PROXY_SECRET?: string };

/** Returns true for a local request. Every path and method needs this check: even `/healthz` may make an exchange. */
function isLocal(request: Request): boolean {
  const { url, headers } = request;
  // Check both. wrangler takes the address from a header that a page can set. If it takes `Host` from that header too,
  // only dev.mjs can notice.
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
