// Compiled in a consumer, never run: the part for Workers, with the types of any platform and of none.
import { type Client, createClient } from "pay4power-auth";
import {
  type CoordinatorNamespace,
  type CoordinatorState,
  coordinatorClient,
  type KeyValueNamespace,
  kvStore,
  TokenCoordinator,
} from "pay4power-auth/cloudflare";

export { TokenCoordinator };

/** A class of the Worker's own. */
export class Coordinator extends TokenCoordinator {
  readonly events: string[] = [];

  constructor(state: CoordinatorState, env: { readonly LIVE_KEY: string }) {
    super(state, env, { privateKey: env.LIVE_KEY, environment: "LIVE", timeoutMs: undefined });
  }

  override async fetch(request: Parameters<TokenCoordinator["fetch"]>[0]) {
    this.events.push(request.url);
    return super.fetch(request);
  }

  override async alarm(): Promise<void> {
    await super.alarm();
  }
}

/** Keys of a Secrets Store. */
export class Rotating extends TokenCoordinator {
  constructor(state: CoordinatorState, env: { readonly KEY: { get(): Promise<string> } }) {
    super(state, env, {
      credentials: async () => ({ publicKey: "PUB_KEY_sandbox", privateKey: await env.KEY.get() }),
    });
  }
}

export function use(objects: CoordinatorNamespace, pairs: KeyValueNamespace): Client[] {
  const baseUrl = "https://pay4power.example/b2b";
  return [
    coordinatorClient(objects, { baseUrl, name: undefined, waitUntil: () => {} }),
    createClient({ publicKey: "a", privateKey: "b", store: kvStore(pairs) }),
  ];
}

export async function ask(objects: CoordinatorNamespace): Promise<number> {
  const [client] = use(objects, {
    get: async () => null,
    put: async () => {},
    delete: async () => {},
  });
  return (await client?.fetch("/services"))?.status ?? 0;
}

declare const objects: CoordinatorNamespace;
// @ts-expect-error a client of a coordinator needs an address
coordinatorClient(objects, {});
// @ts-expect-error it holds no keys
coordinatorClient(objects, { baseUrl: "https://pay4power.example", privateKey: "b" });
// @ts-expect-error a KV namespace is none of Durable Objects
kvStore(objects);
// @ts-expect-error no object is made without its state
new TokenCoordinator();
