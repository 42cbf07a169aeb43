import { checkMethods, describe, invalidOption } from "./arguments.js";
import { call } from "./core/call.js";
import type { ClientPolicy } from "./generated/core.js";
import * as core from "./generated/core.js";
import { isInstance } from "./runtime.js";
import type { Identity } from "./stores/seal.js";

/** The options of an exchange. */
export const EXCHANGE_OPTIONS = [
  "publicKey",
  "privateKey",
  "environment",
  "tokenUrl",
  "timeoutMs",
  "retries",
  "deadlineMs",
  "authorization",
  "fetch",
  "dangerouslyAllowBrowser",
] as const;

/** The options of a client beside them. One caller's signal can't end what all callers share. */
export const CLIENT_OPTIONS = [
  ...EXCHANGE_OPTIONS,
  "credentials",
  "baseUrl",
  "refreshAhead",
  "requestTimeoutMs",
  "store",
  "waitUntil",
  "onEvent",
] as const;

/** Those of single calls, of the coordinator's clients, and the core's own. */
type OtherName = "signal" | "leewayMs" | "nowMs" | "name" | "formerPrivateKey" | "formerSecrets";
type Name = (typeof CLIENT_OPTIONS)[number] | OtherName;

/** The caller's options, each read once, not yet checked. It inherits nothing, so that nothing else is one. */
export type Snapshot = { [name in Name]?: unknown };

/** Takes each of these own properties of `options` once: what is checked later is what is used later. */
export function snapshot(options: unknown, names: readonly Name[], what = "options"): Snapshot {
  if (typeof options !== "object" || options === null) {
    throw invalidOption(what, "an object", describe(options));
  }
  const taken = Object.create(null) as Snapshot;
  for (const name of names) {
    try {
      if (Object.hasOwn(options, name)) {
        const given = (options as Snapshot)[name];
        taken[name] = isInstance(given, "URL") ? (given as URL).href : given;
      }
    } catch {
      throw invalidOption(name, "readable", "a getter that throws");
    }
  }
  return taken;
}

/** The platform's, by default: looked up each time, for those who replace it. */
const fetchOf = ({ fetch }: Snapshot): unknown => (fetch === undefined ? globalThis.fetch : fetch);

/** Checks what the core has no use for: what is to be called. */
function checkFunctions(options: Snapshot): void {
  const { credentials, onEvent, waitUntil, store } = options;
  const fetch = fetchOf(options);
  for (const [name, given] of Object.entries({ fetch, credentials, onEvent, waitUntil })) {
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
  return call(() => core.checkKeyless(options));
}

/** What must never be seen of these options. */
export function secretsOf(options: Snapshot): string[] {
  const { privateKey, formerPrivateKey, authorization } = options;
  const words = typeof authorization === "string" ? authorization.split(" ") : [];
  const texts = [privateKey, formerPrivateKey, authorization, ...words];
  return texts.filter((text): text is string => typeof text === "string" && text.length >= 8);
}

/** Whose tokens these are, of options that were checked. */
export function identityOf(options: Snapshot, { tokenUrl, environment }: ClientPolicy): Identity {
  const { publicKey, privateKey } = options as { publicKey: string; privateKey: string };
  return { tokenUrl, environment, publicKey, privateKey };
}

/** In place of the keys as long as nobody knows them. */
const STAND_INS: Snapshot = { publicKey: "not asked for yet", privateKey: "nor is this one" };

/** Checks all options at once. What a client is made with, with every default. */
export function checkOptions(options: Snapshot): ClientPolicy {
  checkFunctions(options);
  const { publicKey, privateKey, credentials } = options;
  if (credentials === undefined) {
    return call(() => core.checkClient(options));
  }
  if (publicKey !== undefined || privateKey !== undefined) {
    const expected = "left out where `publicKey` or `privateKey` is given";
    throw invalidOption("credentials", expected, "both");
  }
  const complete = Object.assign(Object.create(null), options, STAND_INS);
  return call(() => core.checkClient(complete));
}
