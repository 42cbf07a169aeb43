// The host that wasm-bindgen's glue sees. The build puts an import of this file in front of the
// glue (scripts/build/core-plugin.ts).
//
// A host calls into the Wasm by itself: when a promise settles, when a timer fires, when a microtask is due, or when
// garbage is collected. Then no code of this package is on the stack to catch a trap, and the trap would end a Node
// process. So every call into an instance goes through this file, which catches each trap. After a trap, a call of the
// package throws and a call of the host returns.

/** An instance of the core. */
export interface Instance {
  /** True if calls may enter. Wasm does not unwind, so a trap leaves half-done work in the memory. */
  isAlive: boolean;
  /** Called when the instance ends: with the error of the trap, or with `undefined` if it was replaced. */
  readonly onEnd: Set<(thrown: unknown) => void>;
  /** The timers that the instance has set. */
  readonly timers: Set<Timer>;
}

type Timer = ReturnType<typeof globalThis.setTimeout>;

const newInstance = (isAlive: boolean): Instance => ({
  isAlive,
  onEnd: new Set(),
  timers: new Set(),
});

/** The newest instance. Calls enter only this one, so only this one sets timers. */
let newest = newInstance(false);
/** The number of calls into Wasm on the stack. */
let wasmCalls = 0;
/** The number of the package's own calls on the stack. */
let packageCalls = 0;

export const newestInstance = (): Instance => newest;
/** Returns true if Wasm is on the stack. Then its state must not be replaced. */
export const isEntered = (): boolean => wasmCalls > 0;

/** Returns true if code below on the stack catches an error: the package, or the guard of an export. */
const isCaught = (): boolean => packageCalls > 0 || wasmCalls > 0;

/** Runs the package's own call into the core. */
export function callFromPackage<Value>(run: () => Value): Value {
  packageCalls += 1;
  try {
    return run();
  } finally {
    packageCalls -= 1;
  }
}

/** Ends an instance, so that no call enters it any more. */
export function end(instance: Instance, thrown: unknown): void {
  if (instance.isAlive) {
    instance.isAlive = false;
    for (const listener of instance.onEnd) {
      listener(thrown);
    }
    instance.timers.forEach(clear); // a timer would keep the process alive
  }
}

/** Thrown by a call into an instance that has ended. */
export class InstanceEnded extends Error {}

type Callable = (...args: unknown[]) => unknown;

/** Wraps an export, so that a trap in it ends the instance. */
function guardedExport(instance: Instance, run: Callable): Callable {
  return (...args) => {
    if (instance.isAlive) {
      wasmCalls += 1;
      try {
        const value = run(...args);
        // A function that the export called may have ended the instance.
        if (instance.isAlive) {
          return value;
        }
      } catch (thrown) {
        end(instance, thrown);
      } finally {
        wasmCalls -= 1;
      }
    }
    if (isCaught()) {
      throw new InstanceEnded();
    }
    return undefined;
  };
}

interface Closure extends Callable {
  /** Called when Rust drops the closure. */
  _wbg_cb_unref(): void;
}

/**
 * Wraps a Rust closure for the host, so that it never throws. wasm-bindgen's own closure throws after its instance was
 * replaced, and after Rust has dropped it. But a late call is no mistake: on Workers one request can't clear the timer
 * of another, and fake timers can't clear a real one. An event target would report the error as uncaught.
 */
function guardedClosure(instance: Instance, closure: Closure): Closure {
  let isDropped = false;
  const call: Callable = (...args) => {
    try {
      return instance.isAlive && !isDropped ? closure(...args) : undefined;
    } catch (thrown) {
      end(instance, thrown);
      return undefined;
    }
  };
  const unref = () => {
    isDropped = true;
    closure._wbg_cb_unref();
  };
  return Object.assign(call, { _wbg_cb_unref: unref });
}

/**
 * The names of the imports that return closures or promises. The first kind makes closures and casts other values. The
 * second kind makes a promise: a trap in its executor rejects the promise before any code can handle the rejection.
 */
const MAKERS = /^__wbindgen_generic_|^__wbg_new_typed_/;

function guardedImports(instance: Instance, imports: WebAssembly.ModuleImports) {
  const entries = Object.entries(imports).map(([name, value]) => {
    if (!MAKERS.test(name)) {
      return [name, value] as const;
    }
    const make: Callable = (...args) => {
      const made = (value as Callable)(...args);
      if (made instanceof Promise) {
        made.catch(() => {});
      }
      return typeof made === "function" ? guardedClosure(instance, made as Closure) : made;
    };
    return [name, make] as const;
  });
  return Object.fromEntries(entries);
}

/** The class that the glue uses as `WebAssembly.Instance`. */
class GuardedInstance {
  readonly exports: WebAssembly.Exports;

  constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const instance = newInstance(true);
    const guards = Object.entries(imports).map(
      ([module, functions]) => [module, guardedImports(instance, functions)] as const,
    );
    const { exports } = new globalThis.WebAssembly.Instance(module, Object.fromEntries(guards));
    const guardedExports = Object.entries(exports).map(([name, value]) => [
      name,
      typeof value === "function" ? guardedExport(instance, value as Callable) : value,
    ]);
    if (typeof exports["__wbindgen_start"] !== "function") {
      throw new Error("expected the core, found another module"); // before the glue takes the instance
    }
    this.exports = Object.fromEntries(guardedExports);
    newest = instance;
  }
}

/**
 * The object that the glue uses as `WebAssembly`. In some realms (Vercel's edge runtime) a module is not an instance of
 * the global class. So here every value counts as a module, and the constructor throws if it is none.
 */
export const WebAssembly = {
  Module: { [Symbol.hasInstance]: () => true },
  Instance: GuardedInstance,
};

/** Sets a timer that ends with its instance. Only the glue calls this, on behalf of the newest instance. */
export function setTimeout(run: () => void, ms: number): Timer {
  const timer = globalThis.setTimeout(run, ms);
  if (newest.isAlive) {
    newest.timers.add(timer);
  } else {
    clear(timer); // a call goes on in an instance that has ended
  }
  return timer;
}

/** Clears a timer. Rust calls this once for each timer, also after the timer has fired. */
export function clearTimeout(timer: Timer): void {
  newest.timers.delete(timer);
  clear(timer);
}

function clear(timer: Timer): void {
  try {
    globalThis.clearTimeout(timer);
  } catch {
    // On Workers, a request can't clear the timer of another request. That timer fires without effect.
  }
}

/** Queues a microtask of the engine, even if fake timers replace the global `queueMicrotask`. */
export function queueMicrotask(run: () => void): void {
  void Promise.resolve().then(run);
}
