// The entry "pay4power-auth/cloudflare" on Workers.
import { setModule } from "../core/call.js";
import module from "./core.wasm";

setModule(module);

export * from "../cloudflare/index.js";
