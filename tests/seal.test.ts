// What a store holds, beside a second implementation of its format.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type * as Library from "pay4power-auth";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import vector from "./contract/sealed.json" with { type: "json" };
import { StandIns } from "./support/fake-service.ts";
import { derive, open, seal } from "./support/independent-seal.ts";

let sandbox: Sandbox;
let lib: typeof Library;

before(async () => {
  sandbox = await startSandbox();
  const folder = makeConsumer(join(root, "target", "consumers", "seal"), await build());
  lib = createRequire(join(folder, "index.cjs"))("pay4power-auth") as typeof Library;
});
after(() => sandbox.close());

test("the known answers are those of another implementation", () => {
  const { identity, key, name, nonce, text, sealed } = vector;
  const derived = derive(identity);
  assert.deepEqual([derived.key.toString("hex"), derived.name], [key, name]);
  assert.equal(seal(identity, Buffer.from(nonce, "hex"), text), sealed);
  assert.equal(open(identity, sealed), text);
});

test("a sealed text of 64 KiB is opened, and a longer one is not", async () => {
  const { identity, nonce, text } = vector;
  /** Blanks after JSON change nothing. */
  const sealed = (bytes: number) =>
    seal(identity, Buffer.from(nonce, "hex"), text.padEnd(bytes - 1 - 12 - 16));
  const longest = sealed(49_152);
  assert.equal(longest.length, 64 * 1_024);
  for (const [value, first] of [
    [longest, "store.hit"],
    [sealed(49_153), "store.miss unreadable"],
  ] as const) {
    const told: string[] = [];
    const client = lib.createClient({
      ...identity,
      retries: 0,
      fetch: () => Promise.reject(new TypeError("down")),
      store: { get: async () => value, set: async () => {}, delete: async () => {} },
      onEvent: ({ type, reason }: { readonly type: string; readonly reason?: string }) =>
        told.push([type, reason].join(" ").trim()),
    });
    await client.getToken().catch(() => {});
    assert.equal(told[0], first);
    client.close();
  }
});

test("no key that is derived from the private key can be read again", async () => {
  const { subtle } = crypto;
  const made: [algorithm: unknown, extractable: boolean][] = [];
  const recording = new Proxy(subtle, {
    get(target, name) {
      const method = Reflect.get(target, name, target) as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => {
        if (name === "importKey") {
          made.push([given[2], given[3] as boolean]);
        }
        return method.apply(target, given);
      };
    },
  });
  const globals = new StandIns();
  globals.set(
    "crypto",
    new Proxy(crypto, {
      get(target, name) {
        const value = Reflect.get(target, name, target) as unknown;
        return name === "subtle" ? recording : (value as () => unknown).bind(target);
      },
    }),
  );
  try {
    const store = { get: async () => null, set: async () => {}, delete: async () => {} };
    const fetch = () => Promise.reject(new TypeError("down"));
    const client = lib.createClient({ ...KEYS, store, fetch, retries: 0 });
    await client.getToken().catch(() => {});
    client.close();
  } finally {
    globals.restore();
  }
  assert.deepEqual(made, [
    ["HKDF", false],
    ["HKDF", false],
    ["AES-GCM", false],
  ]);
});

test("another implementation opens what the package seals", async () => {
  const written: [key: string, value: string, expiresAtMs: number][] = [];
  const client = lib.createClient({
    ...KEYS,
    tokenUrl: sandbox.tokenUrl,
    store: {
      get: async () => null,
      set: async (key, value, { expiresAtMs }) => {
        written.push([key, value, expiresAtMs]);
      },
      delete: async () => {},
    },
  });
  const token = await client.getToken();
  const identity = { ...KEYS, tokenUrl: sandbox.tokenUrl, environment: "TEST" };
  const [[key, value, expiresAtMs] = ["", "", 0]] = written;
  assert.equal(key, derive(identity).name);
  assert.equal(expiresAtMs, token.expiresAtMs);
  assert.deepEqual(JSON.parse(open(identity, value)), {
    token: token.value,
    expiresAt: token.expiresAtMs,
    correlationId: token.correlationId,
  });
  client.close();
});
