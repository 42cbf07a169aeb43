import { core } from "./core.js";
import { AuthError, type ErrorRecord } from "./errors.js";
import { checkMethods, describe, invalidOption } from "./given.js";
import { inBrowser } from "./runtime.js";
import type { Identity } from "./seal.js";

const NAMES = [
  "publicKey",
  "privateKey",
  "environment",
  "tokenUrl",
  "timeoutMs",
  "retries",
  "deadlineMs",
  "authorization",
  "name",
  "signal",
  "fetch",
  "dangerouslyAllowBrowser",
  "baseUrl",
  "refreshAhead",
  "store",
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

/** The platform's, by default: looked up each time, for those who replace it. */
export const fetchOf = ({ fetch }: Snapshot): unknown =>
  fetch === undefined ? globalThis.fetch : fetch;

/** Checks what the core has no use for: what is to be called. */
function checkFunctions(options: Snapshot): void {
  const { onEvent, waitUntil, store } = options;
  for (const [name, given] of Object.entries({ fetch: fetchOf(options), onEvent, waitUntil })) {
    if (typeof given !== "function" && (given !== undefined || name === "fetch")) {
      throw invalidOption(name, "a function", describe(given));
    }
  }
  if (store !== undefined) {
    checkMethods("store", store, "an object", ["get", "set", "delete"]);
  }
}

/** Checks the options of a client without keys. Where its `fetch` may send the token. */
export function checkKeyless(options: Snapshot): string {
  checkFunctions(options);
  const result = core().checkKeyless(options) as
    | { readonly baseUrl: string }
    | { readonly error: ErrorRecord };
  if ("error" in result) {
    throw new AuthError(result.error);
  }
  return result.baseUrl;
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
  readonly hasStore: boolean;
  readonly baseUrl: string | null;
  readonly tokenUrl: string;
  readonly environment: string;
}

/** Whose tokens these are, of options that were checked. */
export function identityOf(options: Snapshot, { tokenUrl, environment }: Policy): Identity {
  const { publicKey, privateKey } = options as { publicKey: string; privateKey: string };
  return { tokenUrl, environment, publicKey, privateKey };
}

/** Checks all options at once. */
export function checkOptions(options: Snapshot): Policy {
  checkFunctions(options);
  const result = core().checkClient(options, inBrowser()) as
    | { readonly policy: Policy }
    | { readonly error: ErrorRecord };
  if ("error" in result) {
    throw new AuthError(result.error);
  }
  return result.policy;
}
