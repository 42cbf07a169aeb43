import { install } from "../core.js";
import module from "./core.wasm";

install(module);

export * from "../index.js";
