// What is left in the Wasm's memory by an exchange, however it ends: no key and no token.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { before, describe, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type * as Library from "pay4power-auth";
import { KEYS } from "../sandbox/service.ts";
import { found, type Secret, textOfBytes } from "./portable/search.ts";
import { loadLibrary } from "./support/installed.ts";
import { newestMemory } from "./support/instances.ts";

let lib: typeof Library;
before(async () => {
  lib = await loadLibrary("wasm-memory");
});

/** What is marked in an exchange. Nothing else has these texts. */
interface Marks {
  readonly privateKey: string;
  readonly authorization: string;
  readonly token: string;
}

/** A request of the exchange, and how its caller leaves. */
interface Asked extends Marks {
  readonly init: RequestInit;
  leave(): void;
}

const GOOD = { success: true, data: { token: "opaque", expiresAt: 4_102_444_800 } };
const answerWith = (data: object) => Response.json({ ...GOOD, data: { ...GOOD.data, ...data } });

/** Tells the keys and a token. */
const echo = ({ init, token }: Asked) => {
  const code = new Headers(init.headers).get("authorization");
  const message = `${init.body} ${token}`;
  const errors = [{ message, code }];
  return Response.json({ success: false, errors, message }, { status: 400 });
};

const never = () => new Promise<Response>(() => {});

/** The ways in which an exchange ends. */
const ENDS: Readonly<Record<string, (asked: Asked) => Promise<Response> | Response>> = {
  "a token": ({ token }) => answerWith({ token }),
  "a token that has ended": ({ token }) => answerWith({ token, expiresAt: 1 }),
  "a token that no header can hold": ({ token }) => answerWith({ token: `${token}ü` }),
  "a token that is escaped": ({ token }) =>
    new Response(JSON.stringify(GOOD).replace("opaque", token.replaceAll("-", "\\u002d"))),
  "a token without an envelope": ({ token }) => new Response(token),
  "a token in an answer that is cut": ({ token }) =>
    new Response(JSON.stringify(answerOf(token)).slice(0, -5)),
  "an answer that tells the keys": echo,
  "a long answer that tells the keys": ({ init }) =>
    Response.json({ a: "x".repeat(100_000), b: init.body }, { status: 400 }),
  "an answer that tells the keys and is no JSON": ({ init }) => new Response(`${init.body}`),
  "a rejection that tells the keys": ({ init }) => Promise.reject(new Error(`${init.body}`)),
  "no answer in time": never,
  "no answer, and the caller leaves": ({ leave }) => {
    leave();
    return never();
  },
  "a token, and the caller leaves": ({ leave, token }) => {
    leave();
    return answerWith({ token });
  },
  "an answer that tells the keys, and the caller leaves": (asked) => {
    asked.leave();
    return echo(asked);
  },
  "half a body, and the caller leaves": ({ leave, token }) => {
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode(`{"a":"${token}`)),
      pull() {
        leave();
        return new Promise(() => {});
      },
    });
    return new Response(body);
  },
};

const answerOf = (token: string) => ({ ...GOOD, data: { ...GOOD.data, token } });

const inMemory = (secrets: readonly Secret[]) =>
  found(textOfBytes(newestMemory()?.buffer ?? new ArrayBuffer()), secrets);

describe("no key and no token is in the memory of the Wasm", () => {
  for (const [name, end] of Object.entries(ENDS)) {
    test(`after ${name}`, async () => {
      const parts = [randomUUID(), randomUUID(), randomUUID()] as const;
      const marks = {
        privateKey: `PRIV_KEY_ünïcode_${parts[0]}`, // its encoding in UTF-8 is another one
        authorization: `Basic ${parts[1]}`,
        token: `token-${parts[2]}`,
      };
      const secrets = Object.values(marks).map((text, index) => ({
        text,
        unique: parts[index] ?? "",
      }));
      const seen: string[] = [];
      /** Remembers what it finds: nobody hears of an exception in a callback. */
      const look = (when: string) => {
        seen.push(...inMemory(secrets).map((secret) => `${secret} ${when}`));
      };
      const tokenUrl = `https://pay4power.example/${randomUUID()}`;
      let asked = 0;
      let leave = () => {};
      const options = {
        ...{ publicKey: KEYS.publicKey, privateKey: marks.privateKey },
        ...{ authorization: marks.authorization, tokenUrl, timeoutMs: 200, retries: 1 },
        fetch: async (_: unknown, init: RequestInit = {}) => {
          asked += 1;
          look("when it is sent");
          await setImmediate();
          seen.push(...inMemory([tokenUrl]).map(() => "what is no secret"));
          look("while it waits");
          return end({ ...marks, init, leave });
        },
      };
      const controller = new AbortController();
      leave = () => controller.abort();
      await lib.authenticate({ ...options, signal: controller.signal }).catch(() => {});
      look("after authenticate");
      const client = lib.createClient({ ...options, onEvent: () => look("in an event") });
      leave = () => client.close();
      await client.getToken().catch(() => {});
      look("in an open client");
      client.close();
      look("after close");
      assert.ok(asked >= 2);
      assert.deepEqual(
        seen,
        Array.from({ length: asked }, () => "what is no secret"),
      );
    });
  }
});
