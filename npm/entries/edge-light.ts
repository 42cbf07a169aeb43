// The main entry on Vercel's edge runtime.
import { setModule } from "../core/call.js";
import { RESEND_GUARDS } from "../fetch/resend-guards.js";
import { installResendGuards } from "../fetch/transport.js";
import module from "./core.wasm?module";

setModule(module);
installResendGuards(RESEND_GUARDS);

export * from "../index.js";
