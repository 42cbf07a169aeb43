// Compiled in a consumer, never run, and nowhere else: what works with the types of Cloudflare.
import { type Client, createClient } from "pay4power-auth";
import { coordinatorClient, kvStore, TokenCoordinator } from "pay4power-auth/cloudflare";

export { TokenCoordinator };

export class Coordinator extends TokenCoordinator {
  constructor(state: DurableObjectState, env: Env) {
    super(state, env, { environment: "LIVE" });
  }

  override async fetch(request: Request): Promise<Response> {
    const { country } = request.cf ?? {};
    return country === undefined ? new Response(null, { status: 403 }) : super.fetch(request);
  }
}
export const isAnObject: new (state: DurableObjectState, env: Env) => DurableObject =
  TokenCoordinator;

interface Env {
  readonly COORDINATOR: DurableObjectNamespace<TokenCoordinator>;
  readonly OWN: DurableObjectNamespace<Coordinator>;
  readonly PLAIN: DurableObjectNamespace;
  readonly TOKENS: KVNamespace;
}

let clients: Client[] | undefined;

export default {
  async fetch(request, env, context) {
    const waitUntil = (done: Promise<unknown>) => context.waitUntil(done);
    const baseUrl = new URL("https://pay4power.example/b2b");
    clients ??= [
      coordinatorClient(env.COORDINATOR, { baseUrl, fetch, waitUntil }),
      coordinatorClient(env.OWN, { baseUrl, name: "own" }),
      coordinatorClient(env.PLAIN, { baseUrl }),
      createClient({ publicKey: "a", privateKey: "b", store: kvStore(env.TOKENS), waitUntil }),
    ];
    const [client] = clients;
    return (await client?.fetch(request)) ?? new Response();
  },
} satisfies ExportedHandler<Env>;
