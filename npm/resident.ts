// What a client has in the core's memory.
import { type Core, call, runningInstance } from "./core.js";
import type { Instance } from "./host.js";

interface Freed {
  free(): void;
}

/** An object of the core. It is made anew when the core was replaced. */
export class Resident<Value extends Freed> {
  readonly #make: (core: Core) => Value;
  readonly #onAnew: () => void;
  #made: { readonly instance: Instance; readonly value: Value } | undefined;

  /** `onAnew` is called when the object was made anew, and knows nothing of what was before. */
  constructor(make: (core: Core) => Value, onAnew = () => {}) {
    this.#make = make;
    this.#onAnew = onAnew;
  }

  /** The object, as it is in the running core. */
  get value(): Value {
    const instance = runningInstance();
    if (this.#made?.instance === instance) {
      return this.#made.value;
    }
    const isAnew = this.#made !== undefined;
    const value = call(this.#make);
    this.#made = { instance, value };
    if (isAnew) {
      this.#onAnew();
    }
    return value;
  }

  /** The object, if it is there and its core still runs. */
  get present(): Value | undefined {
    return this.#made?.instance.isAlive ? this.#made.value : undefined;
  }

  /** Frees it. Without this, wasm-bindgen does when it is garbage. */
  close(): void {
    const { present } = this;
    this.#made = undefined;
    try {
      if (present) {
        call(() => present.free());
      }
    } catch {
      // A trap here is of no concern to anybody: what comes after it gets another core.
    }
  }
}
