// Neither the Wasm nor unstorage: each brings its own.
export { memoryStore } from "../stores/memory.js";
export { unstorageStore } from "../stores/unstorage.js";
