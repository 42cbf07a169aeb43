// A service that knows two pairs of keys: the sandbox, behind a token endpoint that stands for both.
import { Hono } from "hono";
import type { Credentials } from "pay4power-auth";
import type { Sandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";
import { serve } from "../../scripts/local-server.ts";

export const OLD_KEYS: Credentials = KEYS;
export const NEW_KEYS: Credentials = {
  publicKey: "PUB_KEY_sandbox-1111111111111111111111111111111111",
  privateKey:
    "PRIV_KEY_sandbox-111111111111111111111111111111111111111111111111111111111111111111111",
};

export interface TwoPairs {
  readonly tokenUrl: string;
  /** The pairs that the service accepts. A test changes it. */
  accepted: readonly Credentials[];
  /** The pair of each exchange. */
  readonly asked: ("old" | "new" | "mixed")[];
  close(): Promise<void>;
}

export async function startTwoPairs(sandbox: Sandbox): Promise<TwoPairs> {
  const app = new Hono();
  app.post("/token", async (c) => {
    const given = (await c.req.json()) as Credentials;
    service.asked.push(nameOf(given));
    const isAccepted = service.accepted.some((pair) => isSame(pair, given));
    const keys = isAccepted ? KEYS : { privateKey: "PRIV_KEY_sandbox-wrong" };
    return fetch(sandbox.tokenUrl, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ ...given, ...keys }),
    });
  });
  const { origin, close } = await serve(app);
  const service: TwoPairs = { tokenUrl: `${origin}/token`, accepted: [OLD_KEYS], asked: [], close };
  return service;
}

function nameOf(given: Credentials): TwoPairs["asked"][number] {
  if (isSame(given, OLD_KEYS)) {
    return "old";
  }
  return isSame(given, NEW_KEYS) ? "new" : "mixed";
}

function isSame(one: Credentials, other: Credentials): boolean {
  return one.publicKey === other.publicKey && one.privateKey === other.privateKey;
}
