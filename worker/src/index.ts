// The deployed Worker. allow.ts has the check of its callers.
import { env } from "cloudflare:workers";
import { fromEnvironment } from "./allow.ts";
import { createApp } from "./app.ts";

export { TokenCoordinator } from "./coordinator.ts";

export default createApp(env, fromEnvironment);
