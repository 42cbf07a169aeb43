import { install } from "../core.js";
import module from "./core.wasm?module";

install(module);

export * from "../index.js";
