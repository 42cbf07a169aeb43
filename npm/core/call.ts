// Loads the Wasm core and calls it. Replaces the core after a trap.
import { AuthError, internalError, isErrorRecord, plainError, safeCause } from "../errors.js";
import { initSync, __wbg_reset_state as resetState } from "../generated/core.js";
import {
  callFromPackage,
  end,
  type Instance,
  InstanceEnded,
  isEntered,
  newestInstance,
} from "./host.js";

let compiled: WebAssembly.Module | undefined;
/** True if the glue has the module: it takes a module only once. */
let isInitialized = false;
/** The error of the last instance that has ended. `undefined` if that instance was replaced without a trap. */
let trap: unknown;

/** Sets the module of the core. The imported entry calls this. */
export function setModule(module: WebAssembly.Module): void {
  compiled ??= module;
}

/** Sets the module of the core. Throws if the module is not the core of this version. */
export function setUnknownModule(module: WebAssembly.Module): void {
  if (compiled === undefined) {
    start(module); // the names of its imports depend on the version
    compiled = module;
  }
}

/** Returns the running instance. Starts one at the first use, and at the next use after a trap. */
export function runningInstance(): Instance {
  if (!newestInstance().isAlive) {
    if (isEntered()) {
      throw defect(); // the instance that has trapped is still on the stack
    }
    start(compiled);
  }
  return newestInstance();
}

/**
 * Calls the core. Every call of an export of `generated/core.js` goes through here. The core throws plain records: each
 * becomes an {@link AuthError}. Anything else that is thrown is a defect.
 */
export function call<Value>(run: () => Value): Value {
  runningInstance();
  try {
    return callFromPackage(run);
  } catch (thrown) {
    throw thrown instanceof InstanceEnded ? defect() : errorOf(thrown);
  }
}

/** Returns the package's error for a value that a call of the core threw or rejected with. */
export function errorOf(thrown: unknown, secrets: readonly string[] = []): AuthError {
  return isErrorRecord(thrown)
    ? new AuthError(thrown, safeCause(thrown.cause, secrets))
    : internalError(thrown, secrets);
}

/**
 * Returns the result of `run`, an asynchronous call of the core. If the core's instance ends first, the core's own
 * promise never settles. Then this function calls `onInstanceEnd` and rejects. If `isLeftBehind()` is true, no caller
 * waits any more: it calls `onInstanceEnd` only.
 */
export async function unlessTrapped<Value>(
  run: () => Promise<Value>,
  onInstanceEnd: () => void,
  isLeftBehind: () => boolean,
): Promise<Value> {
  const instance = runningInstance();
  let onEnd = () => {};
  const trapped = new Promise<never>((_, reject) => {
    onEnd = () => {
      if (!isLeftBehind()) {
        reject(defect());
      }
      onInstanceEnd();
    };
  });
  trapped.catch(() => {}); // the call itself may trap, before the race handles the rejection
  instance.onEnd.add(onEnd);
  try {
    return await Promise.race([call(run), trapped]);
  } finally {
    instance.onEnd.delete(onEnd);
  }
}

/** Ends the running instance, so that the next call starts another. Calls that wait for the old one fail. */
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
    if (isInitialized) {
      resetState();
    } else {
      initSync({ module });
      isInitialized = true;
    }
  } catch (thrown) {
    throw internalError(thrown, []); // the platform has thrown: it may be out of memory
  }
  newestInstance().onEnd.add((thrown) => {
    trap = thrown;
  });
}

/**
 * Returns the error for a defect of the core. All waiters get it, and their secrets differ. So it has a `cause` only
 * for a real trap: any other error comes from the code of a caller and could hold anything.
 */
function defect(): AuthError {
  const { RuntimeError } = globalThis.WebAssembly;
  return internalError(trap instanceof RuntimeError ? trap : undefined, []);
}
