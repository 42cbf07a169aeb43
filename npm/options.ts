// Reads and checks the options of exchanges and clients.
import { checkMethods, describe, invalidOption } from "./arguments.js";
import { call } from "./core/call.js";
import type { ClientPolicy } from "./generated/core.js";
import * as core from "./generated/core.js";
import { isInstance } from "./runtime.js";
import type { Identity } from "./stores/seal.js";
import { warnOfLongTimeout, warnOfUnknownNames } from "./warnings.js";

/** The names of the options of an exchange. */
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

/** The names of the options of a client. There is no `signal`: one caller must not end an exchange that all share. */
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

/** The names of other options: of single calls, of coordinator clients, and of the core itself. */
type OtherName = "signal" | "leewayMs" | "nowMs" | "name" | "formerPrivateKey" | "formerSecrets";
type Name = (typeof CLIENT_OPTIONS)[number] | OtherName;

/** The caller's options, each read once and not yet checked. It has no prototype, so that it inherits no option. */
export type Snapshot = { [name in Name]?: unknown };

/** Reads each of these own properties of `options` once, so that the package uses exactly the values that it checks. */
export function snapshot(options: unknown, names: readonly Name[], argument = "options"): Snapshot {
  if (typeof options !== "object" || options === null) {
    throw invalidOption(argument, "an object", describe(options));
  }
  const taken = Object.create(null) as Snapshot;
  for (const name of names) {
    try {
      if (Object.hasOwn(options, name)) {
        const value = (options as Snapshot)[name];
        taken[name] = isInstance(value, "URL") ? (value as URL).href : value;
      }
    } catch {
      throw invalidOption(name, "readable", "a getter that throws");
    }
  }
  return taken;
}

/** Reads the caller's options. Warns of members with other names. */
export function ownOptionsOf(options: unknown, names: readonly Name[]): Snapshot {
  const ownOptions = snapshot(options, names);
  try {
    warnOfUnknownNames(options as object, names);
  } catch {
    // A proxy refuses to list its names.
  }
  return ownOptions;
}

/** Returns the option or the platform's fetch. Looks up the platform's each time: other code may replace it. */
const fetchOf = ({ fetch }: Snapshot): unknown => (fetch === undefined ? globalThis.fetch : fetch);

/** Checks the options that are functions or objects with methods. The core does not read them. */
function checkFunctions(options: Snapshot): void {
  const { credentials, onEvent, waitUntil, store } = options;
  const fetch = fetchOf(options);
  for (const [name, value] of Object.entries({ fetch, credentials, onEvent, waitUntil })) {
    if (typeof value !== "function" && (value !== undefined || name === "fetch")) {
      throw invalidOption(name, "a function", describe(value));
    }
  }
  if (store !== undefined) {
    checkMethods("store", store, "an object", ["get", "set", "delete"]);
  }
}

/** Checks the options of a client without keys. Returns its `baseUrl`: its `fetch` may send the token only there. */
export function checkKeyless(options: Snapshot): string {
  checkFunctions(options);
  return call(() => core.checkKeyless(options));
}

/**
 * Returns the texts among the options that no error and no event may show: the secrets, and the query of `tokenUrl`,
 * which may be one. Expects options that were checked.
 */
export function secretsOf(options: Snapshot): string[] {
  const { privateKey, formerPrivateKey, authorization, tokenUrl } = options;
  const words = typeof authorization === "string" ? authorization.split(" ") : [];
  const query = typeof tokenUrl === "string" ? new URL(tokenUrl).search : "";
  const texts = [privateKey, formerPrivateKey, authorization, ...words, query];
  return texts.filter((text): text is string => typeof text === "string" && text.length >= 8);
}

/** Returns the identity of the tokens that belong to these options. Expects options that were checked. */
export function identityOf(options: Snapshot, { tokenUrl, environment }: ClientPolicy): Identity {
  const { publicKey, privateKey } = options as { publicKey: string; privateKey: string };
  return { tokenUrl, environment, publicKey, privateKey };
}

/** Placeholders for the keys, for a check before `credentials` has returned the keys. */
const PLACEHOLDER_KEYS: Snapshot = {
  publicKey: "publicKey",
  privateKey: "privateKey",
};

/** Checks all options at once. Returns the policy of a client, with every default. */
export function checkOptions(options: Snapshot): ClientPolicy {
  checkFunctions(options);
  const policy = call(() => core.checkClient(withPlaceholders(options)));
  if (options.timeoutMs !== undefined) {
    warnOfLongTimeout(policy.timeoutMs, policy.deadlineMs);
  }
  return policy;
}

/** Returns the options with placeholders for keys that `credentials` will return. */
function withPlaceholders(options: Snapshot): Snapshot {
  const { publicKey, privateKey, credentials } = options;
  if (credentials === undefined) {
    return options;
  }
  if (publicKey !== undefined || privateKey !== undefined) {
    const expected = "left out where `publicKey` or `privateKey` is given";
    throw invalidOption("credentials", expected, "both");
  }
  return Object.assign(Object.create(null), options, PLACEHOLDER_KEYS);
}
