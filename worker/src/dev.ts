// What `npm run dev` runs, on this machine only, and never deployed: whoever is here may call.
import { env } from "cloudflare:workers";
import type { Allow } from "./allow.ts";
import { start } from "./start.ts";

export { TokenCoordinator } from "./coordinator.ts";

const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);

const everybodyHere: Allow = ({ url }) =>
  // Another name that leads here belongs to somebody else's page (DNS rebinding).
  LOOPBACK.has(new URL(url).hostname) ? { id: "developer" } : undefined;

export default start(env, () => everybodyHere);
