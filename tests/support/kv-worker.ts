// A Worker whose clients share a KV namespace: one for the isolate, and a new one where asked for.
import { type Client, createClient } from "pay4power-auth";
import * as cloudflare from "pay4power-auth/cloudflare";
import * as stores from "pay4power-auth/stores";
import { refusals } from "./refusals.ts";
import { KEYS } from "./secrets.ts";

interface Env {
  readonly TOKEN_URL: string;
  readonly API_URL: string;
  readonly TOKENS: cloudflare.KeyValueNamespace;
}

let shared: Client | undefined;
let events: string[] = [];

function clientOf({ TOKEN_URL, API_URL, TOKENS }: Env): Client {
  return createClient({
    ...KEYS,
    tokenUrl: TOKEN_URL,
    baseUrl: new URL(API_URL).origin,
    store: cloudflare.kvStore(TOKENS),
    refreshAhead: 0.5,
    onEvent: ({ type, reason }: { type: string; reason?: string }) =>
      events.push(`${type} ${reason ?? ""}`.trim()),
  });
}

export default {
  async fetch(request: Request, env: Env, context: { waitUntil(promise: Promise<unknown>): void }) {
    const { pathname } = new URL(request.url);
    if (pathname === "/refusals") {
      return Response.json(refusals(stores, cloudflare));
    }
    events = [];
    if (pathname === "/new") {
      shared = undefined; // as in another isolate
    }
    shared ??= clientOf(env);
    const background: Promise<unknown>[] = [];
    const waitUntil = (promise: Promise<unknown>) => {
      background.push(promise);
      context.waitUntil(promise);
    };
    if (pathname === "/fetch") {
      const { status } = await shared.fetch(env.API_URL);
      return Response.json({ status, events });
    }
    if (pathname === "/drop") {
      shared.invalidate();
    }
    const { value, claims, correlationId } = await shared.getToken({ waitUntil });
    await Promise.all(background);
    return Response.json({ token: { value, claims, correlationId }, events });
  },
};
