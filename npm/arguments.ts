// What a caller has given, checked without the Wasm: not every entry has it.
import { type AuthError, plainError } from "./errors.js";

/** The type of a value, in words that hold nothing of it. */
export function describe(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  if (value === null) {
    return "null";
  }
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The error for an option or an argument. `found` holds nothing of what was given. */
export function invalidOption(name: string, expected: string, found: string): AuthError {
  return plainError("P4P_INVALID_OPTIONS", `\`${name}\` must be ${expected}, found ${found}`);
}

/** Throws unless all of `methods` are there. `expected` says whose they are. */
export function checkMethods(
  name: string,
  given: unknown,
  expected: string,
  methods: readonly string[],
): void {
  let isComplete = false;
  let found = describe(given);
  try {
    isComplete = methods.every(
      (method) =>
        typeof (given as Record<string, unknown> | null | undefined)?.[method] === "function",
    );
  } catch {
    found = "a getter that throws";
  }
  if (!isComplete) {
    const all = methods.map((method) => `\`${method}\``).join(", ");
    throw invalidOption(name, `${expected}, with ${all}`, found);
  }
}

/** The caller's signal, of any realm. */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  if (signal !== undefined) {
    const methods = ["addEventListener", "removeEventListener", "throwIfAborted"];
    checkMethods("signal", signal, "an AbortSignal", methods);
  }
  return signal as AbortSignal | undefined;
}
