// The deployed Worker. caller-check.ts says which callers it accepts.
import { env } from "cloudflare:workers";
import { createApp } from "./app.ts";
import { callerCheckOf } from "./caller-check.ts";

export { TokenCoordinator } from "./coordinator.ts";

export default createApp(env, callerCheckOf);
