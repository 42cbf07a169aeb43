// The entry "pay4power-auth/slim", without the Wasm.
export { install } from "../core/install.js";
export * from "../index.js";
