// Counts the instances of the Wasm. The package starts the first one when it is first used.
const { Instance } = WebAssembly;

let made = 0;
let memory: WebAssembly.Memory | undefined;

WebAssembly.Instance = class extends Instance {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    super(module, imports);
    made += 1;
    memory = Object.values(this.exports).find((it) => it instanceof WebAssembly.Memory);
  }
};

/** The memory of the newest one. */
export const newestMemory = () => memory;

/** How many were made, and how much memory the newest has. */
export const instances = () => ({ made, bytes: memory?.buffer.byteLength ?? 0 });
