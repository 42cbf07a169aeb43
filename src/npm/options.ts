import { core } from "./core.js";
import { AuthError, type ErrorRecord } from "./errors.js";
import { inBrowser } from "./runtime.js";

const NAMES = [
  "publicKey",
  "privateKey",
  "environment",
  "tokenUrl",
  "timeoutMs",
  "retries",
  "deadlineMs",
  "authorization",
  "signal",
  "fetch",
  "dangerouslyAllowBrowser",
  "baseUrl",
  "refreshAhead",
  "waitUntil",
  "onEvent",
] as const;

/** The caller's options, each read once, not yet checked. */
export type Snapshot = { [name in (typeof NAMES)[number]]?: unknown };

/** Takes each own property of `options` once: what is checked later is what is used later. */
export function snapshot(options: unknown): Snapshot {
  if (typeof options !== "object" || options === null) {
    throw invalidOption("options", "an object", describe(options));
  }
  const taken = Object.create(null) as Snapshot;
  for (const name of NAMES) {
    try {
      if (Object.hasOwn(options, name)) {
        taken[name] = (options as Snapshot)[name];
      }
    } catch {
      throw invalidOption(name, "readable", "a getter that throws");
    }
  }
  return taken;
}

/** What must never be seen of these options. */
export function secretsOf(options: Snapshot): string[] {
  const { privateKey, authorization } = options;
  const credentials = typeof authorization === "string" ? authorization.split(" ") : [];
  const texts = [privateKey, authorization, ...credentials];
  return texts.filter((text): text is string => typeof text === "string" && text.length >= 8);
}

/** What a client is made with, checked and with every default. */
export interface Policy {
  readonly timeoutMs: number;
  readonly retries: number;
  readonly deadlineMs: number;
  readonly refreshAhead: number;
  readonly baseUrl: string | null;
}

/** Checks all options at once. */
export function checkOptions(options: Snapshot): Policy {
  const result = core().checkClient(options, inBrowser()) as
    | { readonly policy: Policy }
    | { readonly error: ErrorRecord };
  if ("error" in result) {
    throw new AuthError(result.error);
  }
  return result.policy;
}

export function invalidOption(name: string, expected: string, found: string): AuthError {
  return new AuthError(core().invalidOption(name, expected, found) as ErrorRecord);
}

/** The type of a value, in words that hold nothing of it. */
export function describe(value: unknown): string {
  if (value === undefined) {
    return "nothing";
  }
  return value === null ? "null" : `a ${typeof value}`;
}
