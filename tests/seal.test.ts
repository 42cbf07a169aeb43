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
