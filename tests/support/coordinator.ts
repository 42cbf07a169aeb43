// The package's coordinator in Node: an object without a Durable Object around it, and a namespace of such objects.
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

/** Makes the object of a coordinator that has the sandbox's keys. It is never evicted. `alarms` gets its alarms. */
export function newCoordinator(
  lib: typeof Cloudflare,
  tokenUrl: string,
  options?: Cloudflare.CoordinatorOptions,
  alarms?: number[],
): Cloudflare.TokenCoordinator {
  const env = {
    PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
    PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
    PAY4POWER_TOKEN_URL: tokenUrl,
  };
  return new lib.TokenCoordinator(stateInMemory(alarms), env, options);
}

/** Asks an object for a token, none of those with the hashes `rejected`. Returns its answer. */
export async function askObject(
  object: Cloudflare.TokenCoordinator,
  rejected: readonly string[] = [],
): Promise<unknown> {
  const body = JSON.stringify({ type: "token", rejected });
  const asked = new Request("https://object.invalid", { method: "POST", body });
  return (await object.fetch(asked)).json();
}

/** Returns a namespace whose objects answer each request with `answer`. */
export function namespaceOf(answer: () => Response | Promise<Response>) {
  return { idFromName: () => "", get: () => ({ fetch: async () => answer() }) };
}

/** Returns the state of an object, with a storage in memory. `alarms` gets the instants of its alarms. */
export function stateInMemory(alarms: number[] = []): Cloudflare.CoordinatorState {
  const kept = new Map<string, unknown>();
  const storage = {
    get: async (key: string) => kept.get(key),
    put: async (key: string, value: unknown) => void kept.set(key, value),
    delete: async (keys: string[]) => keys.filter((key) => kept.delete(key)).length,
    list: async () => new Map(kept),
    setAlarm: async (atMs: number | Date) => void alarms.push(Number(atMs)),
  };
  return { storage, waitUntil() {} };
}
