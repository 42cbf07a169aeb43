// Checks of a caller's arguments that need no Wasm, because not every entry has it.
import { type AuthError, plainError } from "./errors.js";

/** Returns the type of a value, in words that reveal no part of the value. */
export function describe(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  if (value === null) {
    return "null";
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** Returns the error for an option or an argument. `found` must reveal no part of the value. */
export function invalidOption(name: string, expected: string, found: string): AuthError {
  return plainError("P4P_INVALID_OPTIONS", `\`${name}\` must be ${expected}, found ${found}`);
}

/** Throws unless `value` has all of `methods`. `expected` names the kind of object that has them. */
export function checkMethods(
  name: string,
  value: unknown,
  expected: string,
  methods: readonly string[],
): void {
  let isComplete = false;
  let found = describe(value);
  try {
    isComplete = methods.every(
      (method) =>
        typeof (value as Record<string, unknown> | null | undefined)?.[method] === "function",
    );
  } catch {
    found = "a getter that throws";
  }
  if (!isComplete) {
    const list = methods.map((method) => `\`${method}\``).join(", ");
    throw invalidOption(name, `${expected}, with ${list}`, found);
  }
}

/** Checks the caller's signal and returns it. The signal may come from another realm. */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal !== undefined) {
    const methods = ["addEventListener", "removeEventListener", "throwIfAborted"];
    checkMethods("signal", signal, "an AbortSignal", methods);
  }
  return signal as AbortSignal | undefined;
}
