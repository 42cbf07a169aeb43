// Loads the Wasm core, and has another one take its place when it has trapped.
import {
  AuthError,
  internalError,
  isAuthError,
  isErrorRecord,
  plainError,
  safeCause,
} from "../errors.js";
import { initSync, __wbg_reset_state as resetState } from "../generated/core.js";
import { callFromPackage, end, type Instance, isEntered, newestInstance, Trapped } from "./host.js";

let compiled: WebAssembly.Module | undefined;
/** What the last instance that has ended threw; `undefined` when it was replaced. */
let trap: unknown;

/** Tells where the core is. Called by the entry that was imported. */
export function install(module: WebAssembly.Module): void {
  compiled ??= module;
}

/** The same, for a module of which nobody knows whether it is the core: throws when it isn't. */
export function installUnknown(module: WebAssembly.Module): void {
  if (compiled === undefined) {
    start(module); // the names of its imports say of which version it is
    compiled = module;
  }
}

/** The running instance; started by its first use, and anew by the next one after it has trapped. */
export function runningInstance(): Instance {
  if (!newestInstance().isAlive) {
    if (isEntered()) {
      throw defect(); // what has trapped is still on the stack
    }
    start(compiled);
  }
  return newestInstance();
}

/**
 * Calls the core: every call of what `generated/core.js` exports goes through here. What the core throws is a record,
 * which becomes an {@link AuthError}, or a defect.
 */
export function call<Value>(run: () => Value): Value {
  runningInstance();
  try {
    return callFromPackage(run);
  } catch (thrown) {
    throw thrown instanceof Trapped ? defect() : errorOf(thrown);
  }
}

/** What a call of the core has thrown or rejected with, as an error of the package's. */
export function errorOf(thrown: unknown, secrets: readonly string[] = []): AuthError {
  if (isAuthError(thrown)) {
    return thrown;
  }
  return isErrorRecord(thrown)
    ? new AuthError(thrown, safeCause(thrown.cause, secrets))
    : internalError(thrown, secrets);
}

/**
 * What `run` comes to. If the core traps, the core's own promise never settles: `unlessTrapped` then calls
 * `onTrap` and rejects. If `isLeftBehind()` is true, nobody waits any more: then it only calls `onTrap`.
 */
export async function unlessTrapped<Value>(
  run: () => Promise<Value>,
  onTrap: () => void,
  isLeftBehind: () => boolean,
): Promise<Value> {
  const instance = runningInstance();
  let onTrapped = () => {};
  const trapped = new Promise<never>((_, reject) => {
    onTrapped = () => {
      if (!isLeftBehind()) {
        reject(defect());
      }
      onTrap();
    };
  });
  trapped.catch(() => {}); // handles it also when the call itself traps, before the race
  instance.onTrap.add(onTrapped);
  try {
    return await Promise.race([call(run), trapped]);
  } finally {
    instance.onTrap.delete(onTrapped);
  }
}

/** Has the next call start another instance. What waits for this one fails. */
export function replace(): void {
  end(newestInstance(), undefined);
}

function start(module: WebAssembly.Module | undefined): void {
  if (module === undefined) {
    throw plainError(
      "P4P_INVALID_OPTIONS",
      'expected `install` of "pay4power-auth/slim" to have ended, found no core: await install(core.wasm) first',
    );
  }
  try {
    if (isStarted) {
      resetState();
    } else {
      initSync({ module });
      isStarted = true;
    }
  } catch (thrown) {
    throw internalError(thrown, []); // by the platform, which may be out of memory
  }
  newestInstance().onTrap.add((thrown) => {
    trap = thrown;
  });
}
/** Whether the glue knows the module. */
let isStarted = false;

/**
 * All waiting callers get this error, and their secrets differ. So it has a `cause` only for a real trap: anything else
 * was thrown by some caller's code, and could hold anything.
 */
function defect(): AuthError {
  const { RuntimeError } = globalThis.WebAssembly;
  return internalError(trap instanceof RuntimeError ? trap : undefined, []);
}
