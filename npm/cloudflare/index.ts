// The exports of "pay4power-auth/cloudflare".
export { TokenCoordinator } from "./coordinator.js";
export { coordinatorClient } from "./coordinator-client.js";
export { kvStore } from "./kv.js";
