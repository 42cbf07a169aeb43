// Compiled in a consumer, never run: a host that compiles the Wasm.
import core from "pay4power-auth/core.wasm";
import { install } from "pay4power-auth/slim";

export const ready: Promise<void> = install(core);
