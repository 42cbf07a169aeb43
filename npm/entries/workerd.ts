// The main entry on Workers.
import { setModule } from "../core/call.js";
import module from "./core.wasm";

setModule(module);

export * from "../index.js";
