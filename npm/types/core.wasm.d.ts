import type { Module } from "./platform.js";

/** The Wasm module, if the host or the bundler compiles it. Pass it to `install` of `pay4power-auth/slim`. */
declare const core: Module;
export default core;
