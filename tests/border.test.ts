// What crosses the border to the Wasm, and what stays on the other side of it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type * as Library from "pay4power-auth";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/setup.mjs";

let sandbox: Sandbox;
let lib: typeof Library;
let memory: WebAssembly.Memory | undefined;
let crossings = 0;

before(async () => {
  sandbox = await startSandbox();
  const folder = makeConsumer(join(root, "target", "consumers", "border"), await build());
  const { Instance } = WebAssembly;
  /** An instance that counts what is called in it. */
  WebAssembly.Instance = class extends Instance {
    override get exports() {
      const exports = super.exports;
      const counted = Object.entries(exports).map(([name, value]) => {
        if (value instanceof WebAssembly.Memory) {
          memory = value;
        }
        const call = (...given: unknown[]): unknown => {
          crossings += 1;
          return (value as (...given: unknown[]) => unknown)(...given);
        };
        return [name, typeof value === "function" ? call : value] as const;
      });
      return Object.fromEntries(counted);
    }
  };
  lib = createRequire(join(folder, "index.cjs"))("pay4power-auth") as typeof Library;
  lib.createClient(options()).close();
  WebAssembly.Instance = Instance;
});
after(() => sandbox.close());

const options = () => ({ ...KEYS, tokenUrl: sandbox.tokenUrl });

test("a token that is at hand is handed out without the Wasm", async () => {
  const client = lib.createClient(options());
  const before = crossings;
  const token = await client.getToken();
  assert.ok(crossings > before, "the crossings are counted");
  const first = crossings;
  for (let asked = 0; asked < 1_000; asked++) {
    assert.equal(await client.getToken(), token);
  }
  assert.equal(crossings, first);
  client.close();
});

test("a client that is closed frees its memory", () => {
  const bytes = () => memory?.buffer.byteLength ?? Number.NaN;
  const open = (clients: number) =>
    Array.from({ length: clients }, () => {
      const client = lib.createClient(options());
      client.invalidate(); // so that it has a lifecycle
      return client;
    });
  const close = (clients: Library.Client[]) => {
    for (const client of clients) {
      client.close();
    }
  };
  close(open(10));
  const before = bytes();
  for (let times = 0; times < 1_000; times++) {
    close(open(10));
  }
  assert.equal(bytes(), before);
  const clients = open(10_000);
  assert.ok(bytes() > before, "as many that are open take more");
  const most = bytes();
  close(clients);
  close(open(10_000));
  assert.equal(bytes(), most);
});
