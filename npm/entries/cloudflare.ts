// The entry "pay4power-auth/cloudflare" on Workers.
import { install } from "../core/call.js";
import module from "./core.wasm";

install(module);

export * from "../cloudflare/index.js";
