// The main entry on Workers.
import { install } from "../core/call.js";
import module from "./core.wasm";

install(module);

export * from "../index.js";
