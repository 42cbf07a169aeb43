// A Worker whose requests share one client, as a user's do.
import { type Client, createClient, decodeClaims, isAuthError } from "pay4power-auth";

interface Env {
  readonly TOKEN_URL: string;
  readonly TIMEOUT_MS?: string;
}

let client: Client | undefined;
let waiting = 0;
const events: string[] = [];

export default {
  async fetch(request: Request, env: Env, context: { waitUntil(promise: Promise<unknown>): void }) {
    client ??= createClient({
      publicKey: "PUB_KEY_sandbox",
      privateKey: "PRIV_KEY_sandbox",
      tokenUrl: env.TOKEN_URL,
      baseUrl: new URL(env.TOKEN_URL).origin,
      timeoutMs: Number(env.TIMEOUT_MS ?? 1_000),
      deadlineMs: 8_000,
      onEvent: ({ type, reason, attempt }) =>
        events.push([type, reason, attempt].filter((part) => part !== undefined).join(" ")),
    });
    const { pathname, searchParams } = new URL(request.url);
    const waitUntil = searchParams.has("waitUntil")
      ? (promise: Promise<unknown>) => context.waitUntil(promise)
      : undefined;
    switch (pathname) {
      case "/leave": // begins an exchange, and ends before that does
        void client.getToken({ waitUntil }).catch(() => {});
        await new Promise((resolve) => setTimeout(resolve, Number(searchParams.get("afterMs"))));
        return new Response("left");
      case "/token": {
        const asked = client.getToken();
        waiting++;
        const token = await asked.catch((error: unknown) => error);
        // Whatever woke this request, it must still be able to do I/O of its own.
        const own = await fetch(`${new URL(env.TOKEN_URL).origin}/calls/none`);
        await own.text();
        return isAuthError(token)
          ? Response.json({ code: token.code }, { status: 500 })
          : Response.json({ token: (token as { correlationId: string }).correlationId });
      }
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
