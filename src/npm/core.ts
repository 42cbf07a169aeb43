// Loads the Wasm core: the one place that knows the instance.
import { createGlue, type Glue } from "./glue.js";

let compiled: WebAssembly.Module | undefined;
let running: Glue | undefined;

/** Tells where the core is. Called once by the entry that was imported. */
export function install(module: WebAssembly.Module): void {
  compiled = module;
}

/** The running core; started by its first use. */
export function core(): Glue {
  running ??= start();
  return running;
}

function start(): Glue {
  if (compiled === undefined) {
    throw new Error("no entry of pay4power-auth has installed the core");
  }
  const glue = createGlue();
  // The name under which wasm-bindgen imports its own glue.
  const imports = { "./core_bg.js": glue as unknown as WebAssembly.ModuleImports };
  const { exports } = new WebAssembly.Instance(compiled, imports);
  glue.__wbg_set_wasm(exports);
  (exports["__wbindgen_start"] as () => void)();
  return glue;
}
