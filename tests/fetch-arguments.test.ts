// How `client.fetch` reads its arguments.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import type * as Library from "pay4power-auth";
import { FakeService, type Sent, StandIns } from "./support/fake-service.ts";
import { loadLibrary } from "./support/installed.ts";

let lib: typeof Library;
let service: FakeService;
const globals = new StandIns();

before(async () => {
  lib = await loadLibrary("fetch-arguments");
});

beforeEach(() => {
  service = new FakeService();
});
afterEach(() => globals.restore());

const clientOf = (options: Partial<Library.ClientOptions> = {}) =>
  lib.createClient({ ...service.options, fetch: service.fetch, ...options });

/** Makes the service's fetch the platform's. Returns a client that uses it. */
function clientOfPlatform(options: Partial<Library.ClientOptions> = {}): Library.Client {
  globals.set("fetch", service.fetch);
  return clientOf({ fetch: undefined, ...options });
}

async function send(init?: object): Promise<Sent> {
  await clientOf().fetch("/pay", init as RequestInit);
  return service.last;
}

test("a Request is sent itself, unless its class may answer differently each time", async () => {
  const client = clientOfPlatform();
  const url = `${service.origin}/pay`;
  await client.fetch(new Request(url));
  assert.ok(service.inputs.at(-1) instanceof Request);
  class Lying extends Request {
    override get url() {
      return "https://elsewhere.example/";
    }
    override get method() {
      return "DELETE";
    }
  }
  class Plain extends Request {}
  const own = Object.defineProperty(new Request(url), "url", { value: "https://a.example/" });
  for (const request of [new Lying(url), new Plain(url), own]) {
    await client.fetch(request);
    assert.equal(service.inputs.at(-1), url);
    assert.equal(service.last.method, "GET");
  }
  for (const [name, value] of [
    ["Bun", {}],
    ["EdgeRuntime", "edge-runtime"],
  ] as const) {
    globals.set(name, value);
    await client.fetch(new Request(url));
    assert.equal(service.inputs.at(-1), url, name);
    globals.restore();
    globals.set("fetch", service.fetch);
  }
});

test("a time limit and the caller's signal hold for a Request too", async () => {
  for (const requestTimeoutMs of [10_000, undefined]) {
    const client = clientOfPlatform(requestTimeoutMs === undefined ? {} : { requestTimeoutMs });
    const controller = new AbortController();
    const aborted = new Promise((resolve) => {
      service.answer = () => {
        const { signal } = service.last;
        signal?.addEventListener("abort", () => resolve(signal.reason));
        controller.abort("left");
        return new Promise(() => {});
      };
    });
    const request = new Request(`${service.origin}/pay`);
    const init = { signal: controller.signal };
    await assert.rejects(
      Promise.race([client.fetch(request, init), aborted.then((reason) => Promise.reject(reason))]),
      (reason) => reason === "left",
    );
    assert.equal(await aborted, "left");
  }
});

test("a Request without a signal is sent with that of the time limit", async () => {
  await clientOfPlatform({ requestTimeoutMs: 60_000 }).fetch(new Request(`${service.origin}/pay`));
  assert.ok(service.inputs.at(-1) instanceof Request);
  assert.ok(service.last.signal instanceof AbortSignal);
});

test("the second argument may be any object or function, and nothing else", async () => {
  const init = Object.assign(() => {}, { method: "PUT" });
  assert.equal((await send(init)).method, "PUT");
  for (const nothing of [undefined, null]) {
    await clientOf().fetch("/pay", nothing as never);
    assert.equal(service.last.method, "GET");
  }
  for (const [wrong, found] of [
    ["POST", "a string"],
    [1, "a number"],
    [true, "a boolean"],
  ]) {
    await assert.rejects(clientOf().fetch("/pay", wrong as RequestInit), {
      code: "P4P_INVALID_OPTIONS",
      message: `\`init\` must be an object, found ${found}`,
    });
  }
});

test("the first argument is an address, a path or a Request", async () => {
  const address = { toString: () => "/pay" };
  await clientOf().fetch(address as never);
  assert.equal(service.inputs.at(-1), `${service.origin}/pay`);
  const rows: [input: unknown, found: string][] = [
    [{}, "an object"],
    [null, "null"],
    [undefined, "nothing"],
    [1, "a number"],
    [() => "/pay", "a function"],
  ];
  for (const [input, found] of rows) {
    await assert.rejects(clientOf().fetch(input as never), {
      code: "P4P_INVALID_OPTIONS",
      message: `\`input\` must be an address, a path or a Request, found ${found}`,
    });
  }
});

test("a member counts if the caller's object or its class has it, not if every object has it", async () => {
  const polluted = ["method", "tag"];
  for (const name of polluted) {
    const value = "polluted";
    const member = { value, configurable: true, enumerable: true, writable: true };
    Object.defineProperty(Object.prototype, name, member);
  }
  try {
    class Derived {}
    Object.assign(Derived.prototype, { method: "PUT", tag: "own" });
    const own = { method: "PUT", tag: "own" };
    for (const init of [
      own,
      Object.create(own),
      new Derived(),
      Object.create(Object.create(own)),
    ]) {
      const got = await send(init);
      assert.equal(got.method, "PUT");
      assert.equal((got as { readonly tag?: unknown }).tag, "own");
    }
    for (const init of [{}, Object.create({}), Object.create(null), new (class Empty {})()]) {
      const got = await send(init);
      assert.equal(got.method, "GET");
      assert.ok(!Object.hasOwn(got, "tag"));
    }
  } finally {
    for (const name of polluted) {
      Reflect.deleteProperty(Object.prototype, name);
    }
  }
});

test("the methods of a Request are no members of what is sent, and its own members are", async () => {
  const url = `${service.origin}/pay`;
  const request = Object.assign(new Request(url), { next: { revalidate: 1 } });
  await clientOf().fetch(request);
  const got = service.last as { readonly next?: unknown };
  assert.deepEqual(got.next, { revalidate: 1 });
  const inherited = ["clone", "json", "text", "url"].filter((name) => name in got);
  assert.deepEqual(inherited, []);
});
