// The entry whose caller brings the Wasm.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, test } from "node:test";
import type * as Slim from "pay4power-auth/slim";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { FakeService, StandIns } from "./support/fake-service.ts";

let folder: string;
let wasm: Buffer<ArrayBuffer>;

before(async () => {
  folder = makeConsumer(join(root, "target", "consumers", "slim"), await build());
  wasm = readFileSync(createRequire(join(folder, "x")).resolve("pay4power-auth/core.wasm"));
});

/** A copy that nobody has installed anything in. */
function fresh(): typeof Slim {
  const require = createRequire(join(folder, "x.cjs"));
  for (const file of Object.keys(require.cache)) {
    delete require.cache[file];
  }
  return require("pay4power-auth/slim") as typeof Slim;
}

const jwt = `e30.${Buffer.from('{"jti":"7"}').toString("base64url")}.c2ln`;
const works = (lib: typeof Slim) => assert.equal(lib.decodeClaims(jwt).jti, "7");

test("before install every call says what to do", async () => {
  const lib = fresh();
  const expected = { name: "AuthError", code: "P4P_INVALID_OPTIONS", message: /await install/ };
  const keys = { publicKey: "PUB_KEY_sandbox", privateKey: "PRIV_KEY_sandbox" };
  await assert.rejects(lib.authenticate(keys), expected);
  assert.throws(() => lib.createClient(keys), expected);
  assert.throws(() => lib.decodeClaims(jwt), expected);
  assert.equal(typeof lib.VERSION, "string");
});

const answer = (status: number, type: string, body = wasm) =>
  new Response(body, { status, headers: { "Content-Type": type } });
const sources: Record<string, () => Parameters<typeof Slim.install>[0]> = {
  "a module": () => new WebAssembly.Module(wasm),
  "a promise of a module": () => WebAssembly.compile(wasm),
  bytes: () => new Uint8Array(wasm),
  "a buffer": () => new Uint8Array(wasm).buffer,
  "an answer": () => answer(200, "application/wasm"),
  "a promise of an answer": () => Promise.resolve(answer(200, "application/wasm")),
  "an answer of another type": () => answer(200, "application/octet-stream"),
};
for (const [name, source] of Object.entries(sources)) {
  test(`${name} is enough, and once is`, async () => {
    const lib = fresh();
    await lib.install(source());
    works(lib);
    const client = lib.createClient({ publicKey: "PUB_KEY_1", privateKey: "PRIV_KEY_1" });
    await Promise.all([lib.install(source()), lib.install(source())]);
    await lib.install(new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)));
    works(lib);
    client.close();
  });
}

test("Wasm is compiled while it arrives, where the runtime can do that with the answer", async (t) => {
  const ways = ["compile", "compileStreaming"] as const;
  const calls = ways.map((way) => t.mock.method(WebAssembly, way).mock);
  const installedBy = async (type: string) => {
    const lib = fresh();
    await lib.install(answer(200, type));
    works(lib);
    const counts = calls.map((way) => way.callCount());
    for (const way of calls) {
      way.resetCalls();
    }
    return counts;
  };
  assert.deepEqual(await installedBy("application/wasm"), [0, 1]);
  assert.deepEqual(await installedBy("application/octet-stream"), [1, 0]);
  t.mock.restoreAll();
  const compile = t.mock.method(WebAssembly, "compile").mock;
  const { compileStreaming } = WebAssembly;
  Reflect.deleteProperty(WebAssembly, "compileStreaming");
  try {
    const lib = fresh();
    await lib.install(answer(200, "application/wasm"));
    works(lib);
    assert.equal(compile.callCount(), 1);
  } finally {
    Object.assign(WebAssembly, { compileStreaming });
  }
});

test("a second install replaces nothing, so that no exchange ends", async () => {
  const lib = fresh();
  await lib.install(wasm);
  const service = new FakeService();
  const release = service.holdTokens();
  const client = lib.createClient({ ...service.options, fetch: service.fetch });
  const token = client.getToken();
  await lib.install(wasm);
  release();
  assert.equal((await token).value, "opaque-1");
  client.close();
});

test("a runtime is kept from sending a request twice", async () => {
  const globals = new StandIns();
  const service = new FakeService();
  const lib = fresh();
  await lib.install(wasm);
  globals.set("Bun", {});
  try {
    const client = lib.createClient({ ...service.options, fetch: service.fetch });
    await client.fetch("/pay", { method: "POST", body: "pay" });
    assert.equal(service.last.keepalive, false);
    client.close();
  } finally {
    globals.restore();
  }
});

test("a module is there without waiting", () => {
  const lib = fresh();
  lib.install(new WebAssembly.Module(wasm));
  works(lib);
});

const wrong: Record<string, [() => unknown, RegExp]> = {
  "an answer without a body": [() => new Response(null, { status: 404 }), /with status 404/],
  "a page that is not there": [() => answer(404, "text/html"), /an answer with status 404/],
  HTML: [() => answer(200, "text/html", Buffer.from("<!doctype html>")), /can't be compiled/],
  "half of it": [() => wasm.subarray(0, 9_999), /can't be compiled/],
  nothing: [() => undefined, /can't be compiled/],
  "an address": [() => "https://pay4power.example/core.wasm", /can't be compiled/],
  "other Wasm": [() => Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0), /a module of something else/],
};
for (const [name, [source, message]] of Object.entries(wrong)) {
  test(`${name} is refused, and may be put right`, async () => {
    const lib = fresh();
    const refused = { name: "AuthError", code: "P4P_INVALID_OPTIONS", message };
    await assert.rejects(lib.install(source() as never), refused);
    assert.throws(() => lib.decodeClaims(jwt), { message: /await install/ });
    await lib.install(wasm);
    works(lib);
  });
}

test("the error for a module of something else says what was expected, and how that was found out", async () => {
  const other = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  const error = await fresh()
    .install(other)
    .then(
      () => assert.fail("it was installed"),
      (thrown: Error) => thrown,
    );
  assert.equal(
    error.message,
    "`source` must be core.wasm of this version as a module, an answer or bytes, found a module of something else",
  );
  const inner = (error.cause as Error).cause as Error;
  assert.equal(inner.message, "expected the core, found another module");
});

test("what a given promise rejects with comes out as it is", async () => {
  const reason = new TypeError("fetch failed");
  await assert.rejects(fresh().install(Promise.reject(reason)), (error) => error === reason);
});
