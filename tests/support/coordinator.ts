// The package's coordinator in Node: an object without a Durable Object around it, and a namespace of such objects.
import { createHash } from "node:crypto";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { KEYS } from "../../sandbox/service.ts";
import { requireOf } from "./installed.ts";

export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
}

/** Loads the entry for Cloudflare from the packed package. Each test file needs a folder of its own. */
export async function loadCloudflare(folderName: string): Promise<typeof Cloudflare> {
  return (await requireOf(folderName))("pay4power-auth/cloudflare");
}

/** Makes the object of a coordinator that has the sandbox's keys. Objects that share `memory` are one, with evictions. */
export function newCoordinator(
  lib: typeof Cloudflare,
  tokenUrl: string,
  options?: Cloudflare.CoordinatorOptions,
  memory?: Memory,
): Cloudflare.TokenCoordinator {
  const env = {
    PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
    PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
    PAY4POWER_TOKEN_URL: tokenUrl,
  };
  return new lib.TokenCoordinator(stateInMemory(memory), env, options);
}

/** Asks an object for a token, none of those with the hashes `rejected`. Returns its answer. */
export async function askObject(
  object: Cloudflare.TokenCoordinator,
  rejected: readonly string[] = [],
): Promise<unknown> {
  return tellObject(object, { type: "token", rejected });
}

/** Sends a message to an object. Returns its answer. */
export async function tellObject(
  object: Cloudflare.TokenCoordinator,
  message: object,
): Promise<unknown> {
  const body = JSON.stringify(message);
  const asked = new Request("https://object.invalid", { method: "POST", body });
  return (await object.fetch(asked)).json();
}

/** How a message names a token. */
export const hashOf = (value: string): string => createHash("sha256").update(value).digest("hex");

/** Returns a namespace whose objects answer each request with `answer`. */
export function namespaceOf(answer: () => Response | Promise<Response>) {
  return { idFromName: () => "", get: () => ({ fetch: async () => answer() }) };
}

/** What an object keeps, and what it gives to its state. */
export interface Memory {
  /** The storage. */
  readonly kept?: Map<string, unknown>;
  /** The instants of its alarms. */
  readonly alarms?: number[];
  /** The promises that its request waits for. */
  readonly waits?: Promise<unknown>[];
}

/** Returns the state of an object, with a storage in memory. */
export function stateInMemory({
  kept = new Map(),
  alarms = [],
  waits = [],
}: Memory = {}): Cloudflare.CoordinatorState {
  const storage = {
    get: async (key: string) => kept.get(key),
    put: async (key: string, value: unknown) => void kept.set(key, value),
    delete: async (keys: string[]) => keys.filter((key) => kept.delete(key)).length,
    list: async ({ prefix = "" }: { prefix?: string }) =>
      new Map([...kept].filter(([key]) => key.startsWith(prefix))),
    setAlarm: async (atMs: number | Date) => void alarms.push(Number(atMs)),
  };
  return { storage, waitUntil: (promise) => void waits.push(promise) };
}
