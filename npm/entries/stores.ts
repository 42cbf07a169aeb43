// The entry "pay4power-auth/stores". It contains neither the Wasm nor unstorage.
export { memoryStore } from "../stores/memory.js";
export { unstorageStore } from "../stores/unstorage.js";
