// A Worker whose requests share clients, as a user's do.
import {
  type Client,
  type ClientEvent,
  createClient,
  decodeClaims,
  isAuthError,
} from "pay4power-auth";
import { coordinatorClient } from "pay4power-auth/cloudflare";

interface Env {
  readonly TOKEN_URL: string;
}

interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

class Shared {
  readonly client: Client;
  readonly events: string[] = [];
  /** How many requests wait for a token, or have done so. */
  waiting = 0;

  constructor(kind: string, url: string, timeoutMs: number) {
    const onEvent = (event: ClientEvent) => {
      const { type, reason, attempt }: { type: string; reason?: string; attempt?: number } = event;
      this.events.push([type, reason, attempt].filter((part) => part !== undefined).join(" "));
    };
    const baseUrl = new URL(url).origin;
    // What makes the leader wait is at this address: the service, a store without a token, or a coordinator.
    const namespace = {
      idFromName: () => "",
      get: () => ({ fetch: () => fetch(url) }),
    };
    const store = {
      get: async () => {
        await fetch(url);
        return null;
      },
      set: async () => {},
      delete: async () => {},
    };
    const keys = { publicKey: "PUB_KEY_sandbox", privateKey: "PRIV_KEY_sandbox" };
    const options = { ...keys, baseUrl, onEvent, timeoutMs, deadlineMs: 60_000 };
    if (kind === "coordinator") {
      this.client = coordinatorClient(namespace as never, { baseUrl, onEvent });
    } else if (kind === "store") {
      this.client = createClient({ ...options, tokenUrl: `${url}&then`, store });
    } else {
      this.client = createClient({ ...options, tokenUrl: url });
    }
  }

  async token(url: string): Promise<Response> {
    const asked = this.client.getToken();
    this.waiting++;
    const token = await asked.catch((error: unknown) => error);
    // Whatever woke this request, it must still be able to do I/O of its own.
    const own = await fetch(`${new URL(url).origin}/calls/none`);
    await own.text();
    if (token instanceof Error) {
      const { name, message } = token;
      const code = isAuthError(token) ? token.code : `${name}: ${message}`;
      return Response.json({ code }, { status: 500 });
    }
    return Response.json({ token: (token as { correlationId: string }).correlationId });
  }
}

const all = new Map<string, Shared>();

export default {
  async fetch(request: Request, env: Env, context: Context): Promise<Response> {
    const { pathname, searchParams: given } = new URL(request.url);
    const id = given.get("id") ?? "";
    const url = given.get("url") ?? env.TOKEN_URL;
    let shared = all.get(id);
    if (shared === undefined) {
      shared = new Shared(given.get("kind") ?? "", url, Number(given.get("timeoutMs") ?? 1_000));
      all.set(id, shared);
    }
    const { client, events, waiting } = shared;
    const waitUntil = given.has("waitUntil")
      ? (promise: Promise<unknown>) => context.waitUntil(promise)
      : undefined;
    switch (pathname) {
      case "/leave": {
        // begins an exchange, and ends before that does: at once, or when there is an answer at `until`
        void client.getToken({ waitUntil }).catch(() => {});
        const until = given.get("until");
        if (until) {
          await (await fetch(until)).text();
        }
        if (given.has("throws")) {
          throw new Error("thrown on purpose");
        }
        return new Response("left");
      }
      case "/token":
        return shared.token(url);
      case "/drop":
        client.invalidate();
        return new Response("dropped");
      case "/close":
        client.close();
        return new Response("closed");
      case "/waiting": // or that have
        return new Response(`${waiting}`);
      case "/trap": // in the build with the feature of that name
        Object.assign(globalThis, { PAY4POWER_TRAP: "decodeClaims" });
        try {
          return Response.json(decodeClaims("token"));
        } catch (error) {
          return Response.json({ code: isAuthError(error) && error.code }, { status: 500 });
        }
      default:
        return Response.json(events);
    }
  },
};
