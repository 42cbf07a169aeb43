// The main entry on Vercel's edge runtime.
import { setModule } from "../core/call.js";
import { RESEND_GUARDS, removeAnswer } from "../fetch/runtime-guards.js";
import { installRuntimeGuards } from "../fetch/transport.js";
import module from "./core.wasm?module";

setModule(module);
installRuntimeGuards(RESEND_GUARDS, removeAnswer);

export * from "../index.js";
