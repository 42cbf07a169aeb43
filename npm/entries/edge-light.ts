// The main entry on Vercel's edge runtime.
import { setModule } from "../core/call.js";
import { RUNTIME_GUARDS } from "../fetch/runtime-guards.js";
import { installRuntimeGuards } from "../fetch/transport.js";
import module from "./core.wasm?module";

setModule(module);
installRuntimeGuards(RUNTIME_GUARDS);

export * from "../index.js";
