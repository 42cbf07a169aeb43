// What a store holds, beside a second implementation of its format.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type * as Library from "pay4power-auth";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import vector from "./contract/sealed.json" with { type: "json" };
import { accepted } from "./portable/harness.ts";
import { StandIns } from "./support/fake-service.ts";
import { derive, open, seal } from "./support/independent-seal.ts";
import { loadLibrary } from "./support/installed.ts";

let sandbox: Sandbox;
let lib: typeof Library;

before(async () => {
  sandbox = await startSandbox();
  lib = await loadLibrary("seal");
});
after(() => sandbox.close());

test("the known answers are those of another implementation", () => {
  const { identity, key, name, nonce, text, sealed } = vector;
  const derived = derive(identity);
  assert.deepEqual([derived.key.toString("hex"), derived.name], [key, name]);
  assert.equal(seal(identity, Buffer.from(nonce, "hex"), text), sealed);
  assert.equal(open(identity, sealed), text);
});

/** Seals a text for the identity of the known answers. */
const sealed = (text: string | Buffer) =>
  seal(vector.identity, Buffer.from(vector.nonce, "hex"), text);

/** What a client tells first that finds this in its store. */
async function firstEvent(value: string): Promise<string | undefined> {
  const told: string[] = [];
  const client = lib.createClient({
    ...vector.identity,
    retries: 0,
    fetch: () => Promise.reject(new TypeError("down")),
    store: { get: async () => value, set: async () => {}, delete: async () => {} },
    onEvent: ({ type, reason }: { readonly type: string; readonly reason?: string }) =>
      told.push([type, reason].join(" ").trim()),
  });
  await client.getToken().catch(() => {});
  client.close();
  return told[0];
}

test("a sealed text of 64 KiB is opened, and a longer one is not", async () => {
  /** Blanks after JSON change nothing. */
  const sealedIn = (bytes: number) => sealed(vector.text.padEnd(bytes - 1 - 12 - 16));
  const longest = sealedIn(49_152);
  assert.equal(longest.length, 64 * 1_024);
  assert.equal(await firstEvent(longest), "store.hit");
  assert.equal(await firstEvent(sealedIn(49_153)), "store.miss unreadable");
});

test("sealed bytes that are no UTF-8 are not opened", async () => {
  const bytes = Buffer.from(vector.text);
  assert.equal(await firstEvent(sealed(bytes)), "store.hit");
  bytes[bytes.indexOf("id-of")] = 0xff;
  assert.equal(await firstEvent(sealed(bytes)), "store.miss unreadable");
});

test("keys are derived from the private key once, and can't be read again", async () => {
  const { subtle } = crypto;
  const made: [algorithm: unknown, extractable: boolean][] = [];
  let last = new Uint8Array();
  const recording = new Proxy(subtle, {
    get(target, name) {
      const method = Reflect.get(target, name, target) as (...given: unknown[]) => unknown;
      return (...given: unknown[]) => {
        if (name === "importKey") {
          made.push([given[2], given[3] as boolean]);
          last = given[1] as typeof last;
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
    const answer = accepted({ token: "opaque", expiresAt: 4_102_444_800, tokenType: "Bearer" });
    const client = lib.createClient({ ...KEYS, store, fetch: async () => new Response(answer) });
    client.invalidate(await client.getToken()); // reads and writes
    await client.getToken();
    client.close();
  } finally {
    globals.restore();
  }
  assert.deepEqual(made, [
    ["HKDF", false],
    ["HKDF", false],
    ["AES-GCM", false],
  ]);
  assert.deepEqual(last, new Uint8Array(32), "its bytes are overwritten");
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
