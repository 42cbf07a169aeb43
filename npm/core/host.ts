// What wasm-bindgen's glue sees of its host: the build puts an import of this file in front of it.
//
// A host calls into the Wasm by itself: when a promise settles, a timer rings, a microtask is due or garbage
// is collected. No code of ours is on the stack then to catch a trap, which would end a Node process. So every
// call into an instance goes through this file. It catches each trap: a call of the package throws, a call of the
// host returns.

/** An instance of the core. */
export interface Instance {
  /** Whether it may be entered: Wasm does not unwind, and a trap leaves whatever was half-done in its memory. */
  isAlive: boolean;
  /** Called when it ends: with what was thrown if it trapped, with `undefined` if it was replaced. */
  readonly onTrap: Set<(thrown: unknown) => void>;
  /** Its timers that are set. */
  readonly timers: Set<Timer>;
}

type Timer = ReturnType<typeof globalThis.setTimeout>;

const newInstance = (isAlive: boolean): Instance => ({
  isAlive,
  onTrap: new Set(),
  timers: new Set(),
});

/** The newest one. No other is entered, and so no other sets a timer. */
let newest = newInstance(false);
/** How many calls into Wasm are on the stack. */
let depth = 0;
/** How many of the package's own calls are. */
let calls = 0;

export const newestInstance = (): Instance => newest;
/** Whether Wasm is on the stack: then its state must not be replaced. */
export const isEntered = (): boolean => depth > 0;

/** Whether somebody below on the stack catches what is thrown here: the package, or Wasm's own guard. */
const isCaught = (): boolean => calls > 0 || depth > 0;

/** Runs the package's own call into the core. */
export function callFromPackage<Value>(run: () => Value): Value {
  calls += 1;
  try {
    return run();
  } finally {
    calls -= 1;
  }
}

/** Ends an instance: nothing enters it any more. */
export function end(instance: Instance, thrown: unknown): void {
  if (instance.isAlive) {
    instance.isAlive = false;
    for (const tell of instance.onTrap) {
      tell(thrown);
    }
    instance.timers.forEach(clear); // or they would keep a process alive
  }
}

/** What is thrown where an instance was to be entered that has trapped. */
export class Trapped extends Error {}

type Run = (...given: unknown[]) => unknown;

/** An export that keeps its traps. */
function guarded(instance: Instance, run: Run): Run {
  return (...given) => {
    if (instance.isAlive) {
      depth += 1;
      try {
        const value = run(...given);
        if (instance.isAlive) {
          return value; // and was not ended meanwhile, by what it called
        }
      } catch (thrown) {
        end(instance, thrown);
      } finally {
        depth -= 1;
      }
    }
    if (isCaught()) {
      throw new Trapped();
    }
    return undefined;
  };
}

interface Closure extends Run {
  /** Called when Rust lets go of it. */
  _wbg_cb_unref(): void;
}

/**
 * A Rust closure as the host gets it. It never throws. wasm-bindgen's own closure throws once its instance was
 * replaced or Rust has dropped it. A late call is no mistake: on Workers one request can't clear the timer of
 * another, and fake timers can't clear a real one. An event target would report an error as uncaught.
 */
function guardedClosure(instance: Instance, closure: Closure): Closure {
  let isGone = false;
  const call: Run = (...given) => {
    try {
      return instance.isAlive && !isGone ? closure(...given) : undefined;
    } catch (thrown) {
      end(instance, thrown);
      return undefined;
    }
  };
  const unref = () => {
    isGone = true;
    closure._wbg_cb_unref();
  };
  return Object.assign(call, { _wbg_cb_unref: unref });
}

/**
 * The imports by which the glue makes closures and casts other values, and the one by which it makes a
 * promise: what traps in that one's executor rejects it, and nobody has it yet.
 */
const MAKES = /^__wbindgen_generic_|^__wbg_new_typed_/;

function guardedImports(instance: Instance, imports: WebAssembly.ModuleImports) {
  const entries = Object.entries(imports).map(([name, value]) => {
    if (!MAKES.test(name)) {
      return [name, value] as const;
    }
    const make: Run = (...given) => {
      const made = (value as Run)(...given);
      if (made instanceof Promise) {
        made.catch(() => {});
      }
      return typeof made === "function" ? guardedClosure(instance, made as Closure) : made;
    };
    return [name, make] as const;
  });
  return Object.fromEntries(entries);
}

/** `new WebAssembly.Instance(…)` of the glue. */
class GuardedInstance {
  readonly exports: WebAssembly.Exports;

  constructor(module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const instance = newInstance(true);
    const guards = Object.entries(imports).map(
      ([from, functions]) => [from, guardedImports(instance, functions)] as const,
    );
    const { exports } = new globalThis.WebAssembly.Instance(module, Object.fromEntries(guards));
    const guardedExports = Object.entries(exports).map(([name, value]) => [
      name,
      typeof value === "function" ? guarded(instance, value as Run) : value,
    ]);
    if (typeof exports["__wbindgen_start"] !== "function") {
      throw new Error("expected the core, found another module"); // before the glue makes it its own
    }
    this.exports = Object.fromEntries(guardedExports);
    newest = instance;
  }
}

/**
 * The glue's `WebAssembly`. In some realms (Vercel's edge runtime) a module is no `instanceof` the global
 * class, so here everything is one: what is none fails in the constructor.
 */
export const WebAssembly = {
  Module: { [Symbol.hasInstance]: () => true },
  Instance: GuardedInstance,
};

/** A timer that goes with its instance. The glue calls this, and so Wasm has. */
export function setTimeout(run: () => void, ms: number): Timer {
  const timer = globalThis.setTimeout(run, ms);
  newest.timers.add(timer);
  return timer;
}

/** Rust calls this once for each timer, also for one that has rung. */
export function clearTimeout(timer: Timer): void {
  newest.timers.delete(timer);
  clear(timer);
}

function clear(timer: Timer): void {
  try {
    globalThis.clearTimeout(timer);
  } catch {
    // On Workers, what another request has set. It rings, and nothing comes of it.
  }
}

/** A microtask of the engine's, also where fake timers replace the global `queueMicrotask`. */
export function queueMicrotask(run: () => void): void {
  void Promise.resolve().then(run);
}
