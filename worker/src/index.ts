// What is deployed. Who may call it is said in allow.ts.
import { env } from "cloudflare:workers";
import { fromEnvironment } from "./allow.ts";
import { start } from "./start.ts";

export { TokenCoordinator } from "./coordinator.ts";

export default start(env, fromEnvironment);
