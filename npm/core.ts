// Loads the Wasm core: the one place that knows the instance.
import { internalError, plainError } from "./errors.js";
import { createGlue, type Glue } from "./glue.js";

interface Running {
  readonly glue: Glue;
  /** Who is to be told when it traps. */
  readonly onTrap: Set<(defect: Error) => void>;
}

let compiled: WebAssembly.Module | undefined;
let running: Running | undefined;

/** Tells where the core is. Called by the entry that was imported. */
export function install(module: WebAssembly.Module): void {
  compiled ??= module;
}

/** The same, for a module of which nobody knows whether it is the core: throws when it isn't. */
export function installUnknown(module: WebAssembly.Module): void {
  running ??= start(module);
  compiled ??= module;
}

/** The running core; started by its first use, and anew by the next one after it has trapped. */
export function core(): Glue {
  return current().glue;
}

export function isRunning(glue: Glue | undefined): boolean {
  return glue !== undefined && glue === running?.glue;
}

/** What `call` gets from the running core. Should that trap meanwhile, no answer would ever come. */
export function unlessTrapped<Value>(call: (glue: Glue) => Promise<Value>): Promise<Value> {
  const { glue, onTrap } = current();
  let onTrapped = (_: Error) => {};
  return new Promise<Value>((resolve, reject) => {
    onTrapped = reject;
    onTrap.add(onTrapped);
    call(glue).then(resolve, reject);
  }).finally(() => onTrap.delete(onTrapped));
}

function current(): Running {
  try {
    running ??= start(compiled);
    return running;
  } catch (thrown) {
    throw internalError(thrown, []); // by the platform, which may be out of memory
  }
}

function start(module: WebAssembly.Module | undefined): Running {
  if (module === undefined) {
    throw plainError(
      "P4P_INVALID_OPTIONS",
      'expected `install` of "pay4power-auth/slim" to have ended, found no core: await install(core.wasm) first',
    );
  }
  const onTrap: Running["onTrap"] = new Set();
  const onFirst = (thrown: unknown) => {
    if (running?.onTrap === onTrap) {
      running = undefined;
    }
    for (const tell of onTrap) {
      tell(defect(thrown));
    }
  };
  const glue = createGlue(module, (exports) => guard(exports, onFirst));
  return { glue, onTrap };
}

/**
 * The same exports, but none is entered any more once one has thrown: Wasm does not unwind, and
 * whatever was half-done in its memory stays so.
 */
function guard(
  exports: WebAssembly.Exports,
  onFirst: (thrown: unknown) => void,
): WebAssembly.Exports {
  let trap: { readonly thrown: unknown } | undefined;
  const enter = (run: (...given: unknown[]) => unknown) => {
    return (...given: unknown[]): unknown => {
      let result: unknown;
      if (trap === undefined) {
        try {
          result = run(...given);
        } catch (thrown) {
          if (trap === undefined) {
            trap = { thrown };
            onFirst(thrown);
          }
        }
      }
      // It may have trapped further in, where somebody has hidden that.
      if (trap !== undefined) {
        throw defect(trap.thrown);
      }
      return result;
    };
  };
  return Object.fromEntries(
    Object.entries(exports).map(([name, value]) => [
      name,
      typeof value === "function" ? enter(value as (...given: unknown[]) => unknown) : value,
    ]),
  );
}

/**
 * What is told to all whom it concerns, whose secrets are not the same. So what else than a trap comes
 * out of Wasm is no cause: some caller's code has thrown it, and it could hold anything.
 */
function defect(thrown: unknown): Error {
  return internalError(thrown instanceof WebAssembly.RuntimeError ? thrown : undefined, []);
}
