import { install } from "../core.js";
import { GUARDS } from "../guards.js";
import { installGuards } from "../transport.js";
import module from "./core.wasm?module";

install(module);
installGuards(GUARDS);

export * from "../index.js";
