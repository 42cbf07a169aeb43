import type { Module } from "./platform.js";

/** The Wasm, where the host compiles it; to be given to `install` of `pay4power-auth/slim`. */
declare const core: Module;
export default core;
