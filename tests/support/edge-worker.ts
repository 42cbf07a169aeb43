// What every Worker of the test network runs: isolates without keys, and the object that has them.
import { type Client, type Credentials, isAuthError } from "pay4power-auth";
import { coordinatorClient, TokenCoordinator } from "pay4power-auth/cloudflare";

type Namespace = Parameters<typeof coordinatorClient>[0];
type State = ConstructorParameters<typeof TokenCoordinator>[0];

interface Env {
  readonly COORDINATOR: Namespace;
  readonly BASE_URL: string;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

interface TestState extends State {
  readonly storage: State["storage"] & {
    list(): Promise<Map<string, unknown>>;
    getAlarm(): Promise<number | null>;
  };
  abort(reason: string): void;
}

interface ObjectEnv {
  readonly ROTATED?: Credentials;
  readonly REFRESH_AHEAD?: string;
}

/** The package's own, and what the tests have to see and do from inside. */
export class Coordinator extends TokenCoordinator {
  readonly #state: TestState;
  readonly #events: string[] = [];

  constructor(state: State, env: ObjectEnv) {
    const events: string[] = [];
    const { ROTATED: good } = env;
    const old = { publicKey: "PUB_KEY_sandbox_old", privateKey: "PRIV_KEY_sandbox_old" };
    let asked = 0;
    super(state, env, {
      ...(good && { credentials: async () => (asked++ === 0 ? old : good) }),
      ...(env.REFRESH_AHEAD !== undefined && { refreshAhead: Number(env.REFRESH_AHEAD) }),
      onEvent: ({ type, reason }: { type: string; reason?: string }) =>
        events.push(`${type} ${reason ?? ""}`.trim()),
    });
    this.#state = state as TestState;
    this.#events = events;
  }

  override async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case "/raw":
        return Response.json([...(await this.#state.storage.list())]);
      case "/events":
        return Response.json(this.#events);
      case "/evict":
        this.#state.abort("evicted");
        return new Response();
      case "/alarm": // as if it rang
        await this.alarm();
        return Response.json(await this.#state.storage.getAlarm());
      case "/trap": // in the build with the feature of that name: at the next 401
        Object.assign(globalThis, { PAY4POWER_TRAP: "unauthorized" });
        return new Response();
      case "/trapped":
        return Response.json(!("PAY4POWER_TRAP" in globalThis));
      default:
        return super.fetch(request);
    }
  }
}

let client: Client | undefined;
const events: string[] = [];
let isUnplugged = false;

/** The binding, which the tests can take the object away from. */
const pluggable = (binding: Namespace): Namespace => ({
  idFromName: (name) => binding.idFromName(name),
  get: (id) =>
    isUnplugged ? { fetch: () => Promise.reject(new Error("unplugged")) } : binding.get(id),
});

/** Asks for a token. Whether it was not at hand, and which it is. */
async function ask(context: Context, keepsAlive = true) {
  const begunMs = Date.now();
  let waited = true;
  const waitUntil = keepsAlive
    ? (promise: Promise<unknown>) => context.waitUntil(promise)
    : undefined;
  const asked = client?.getToken({ waitUntil }).finally(() => {
    waited = false;
  });
  await Promise.race([asked, new Promise((resolve) => setTimeout(resolve))]).catch(() => {});
  const atOnce = !waited;
  try {
    const token = await asked;
    return {
      token: token?.claims?.jti,
      value: token?.value,
      claims: token?.claims,
      correlationId: token?.correlationId,
      isExpired: token?.isExpired(),
      endsEarlyMs: Number(token?.claims?.exp) * 1_000 - Number(token?.expiresAtMs),
      atOnce,
      ms: Date.now() - begunMs,
    };
  } catch (error) {
    return isAuthError(error)
      ? { code: error.code, retryAfterMs: error.retryAfterMs, atOnce }
      : { code: String(error), atOnce };
  }
}

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    client ??= coordinatorClient(pluggable(env.COORDINATOR), {
      baseUrl: env.BASE_URL,
      onEvent: ({ type, reason }: { type: string; reason?: string }) =>
        events.push(`${type} ${reason ?? ""}`.trim()),
    });
    const path = `/${pathname.split("/").pop()}`;
    if (pathname.includes("/object/")) {
      const id = env.COORDINATOR.idFromName("default");
      return env.COORDINATOR.get(id as never).fetch(`https://test.invalid${path}`, {});
    }
    switch (path) {
      case "/token":
        return Response.json(await ask(context, searchParams.has("waitUntil")));
      case "/leave": // begins to ask, and ends before there is an answer
        void ask(context, searchParams.has("waitUntil"));
        await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get("afterMs"))));
        return new Response();
      case "/services":
        return new Response(null, { status: (await client.fetch("/services")).status });
      case "/stream": {
        const body = new Response("{}").body;
        const init = { method: "POST", body, duplex: "half" } as RequestInit;
        return new Response(null, { status: (await client.fetch("/vend", init)).status });
      }
      case "/silent": {
        const timed = coordinatorClient(env.COORDINATOR, {
          baseUrl: env.BASE_URL,
          requestTimeoutMs: 50,
          fetch: () => new Promise<Response>(() => {}),
        });
        const error = await timed.fetch("/services").catch((thrown: Error) => thrown);
        timed.close();
        return Response.json(error instanceof Response ? error.status : error.name);
      }
      case "/reset":
        client.reset();
        return new Response();
      case "/plug":
        isUnplugged = searchParams.has("out");
        return new Response();
      case "/events":
        return Response.json(events);
      default:
        return new Response(null, { status: 404 });
    }
  },
};
