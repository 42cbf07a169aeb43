// The arguments that the platform's fetch gets on each runtime, so that it sends a request once. Node stands in for the
// other runtimes. `tests/portable/once.ts` shows on each of them that the request arrives once.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type * as Library from "pay4power-auth";
import { FakeService, type Sent, StandIns } from "./support/fake-service.ts";
import { loadLibrary } from "./support/installed.ts";

let lib: typeof Library;
let service: FakeService;
const globals = new StandIns();

before(async () => {
  lib = await loadLibrary("runtime-guards");
});

beforeEach(() => {
  service = new FakeService();
  globals.set("fetch", service.fetch);
});
afterEach(() => globals.restore());

const workers = () => globals.set("navigator", { userAgent: "Cloudflare-Workers" });
const undici = (version: string | undefined) =>
  globals.set("process", { versions: { node: "24.0.0", undici: version } });

const clientOf = (options: Partial<Library.ClientOptions> = {}) =>
  lib.createClient({ ...service.options, ...options });

/** Sends a request with a new client. Returns what fetch got. */
async function send(init: RequestInit, options?: Partial<Library.ClientOptions>): Promise<Sent> {
  await clientOf(options).fetch("/pay", init);
  return service.last;
}

const streamOf = (text: string) => new Response(text).body as ReadableStream;
const textOf = (body: unknown) => new Response(body as ReadableStream).text();

test("Workers get a body of unknown length where an empty one would be sent again", async () => {
  workers();
  for (const method of ["PUT", "DELETE", "put", "delete", "PURGE"]) {
    for (const body of [undefined, null, "", new Uint8Array(), new Blob([])]) {
      const init = await send({ method, ...(body !== undefined && { body }) });
      assert.ok(init.body instanceof ReadableStream, `${method}, ${body}`);
      assert.equal(await textOf(init.body), "");
    }
    for (const text of ["", "pay"]) {
      const stream = streamOf(text);
      const init = await send({ method, body: stream, duplex: "half" } as RequestInit);
      assert.ok(init.body instanceof ReadableStream && init.body !== stream, method);
      assert.equal(await textOf(init.body), text);
    }
  }
});

test("Workers get any other body as it is", async () => {
  workers();
  for (const method of ["POST", "PATCH", "post", "GET", "HEAD", "OPTIONS", "get"]) {
    assert.equal((await send({ method })).body, undefined, method);
  }
  assert.equal((await send({ method: "POST", body: "" })).body, "");
  const pay = new Blob(["pay"]);
  for (const body of ["pay", pay, new URLSearchParams({ pay: "once" })]) {
    const init = await send({ method: "PUT", body });
    assert.ok(!(init.body instanceof ReadableStream), String(body));
    assert.equal(await textOf(init.body), await textOf(body));
  }
  const own = { own: "body" } as unknown as BodyInit;
  const fetch: typeof globalThis.fetch = (input, init) => service.fetch(input, init);
  assert.equal((await send({ method: "PUT", body: own }, { fetch })).body, own);
  const bytes = await send({ method: "PUT", body: new Uint8Array([1]) });
  assert.deepEqual(bytes.body, new Uint8Array([1]));
});

test("a replay on Workers has a body of its own", async () => {
  workers();
  service.answer = async () => {
    // The platform reads the body of each request.
    assert.equal(await textOf(service.last.body), "");
    return new Response("", { status: service.sent.length === 1 ? 401 : 200 });
  };
  const final = await clientOf().fetch("/pay", { method: "PUT" });
  assert.equal(final.status, 200);
  assert.deepEqual(
    service.sent.map(({ headers }) => headers.get("Authorization")),
    ["Bearer opaque-1", "Bearer opaque-2"],
  );
});

test("Bun makes a new connection for each request that must not be repeated", async () => {
  globals.set("Bun", {});
  assert.equal((await send({ method: "POST", body: "pay" })).keepalive, false);
  assert.equal((await send({ method: "PUT", keepalive: true })).keepalive, false);
  for (const method of ["GET", "HEAD", "OPTIONS", "options"]) {
    assert.equal((await send({ method })).keepalive, undefined, method);
  }
});

test("Deno gets a client that keeps no connection, and that is closed with the package's", async () => {
  const made: unknown[] = [];
  let closed = 0;
  const unpooled = {
    close() {
      closed += 1;
    },
  };
  const createHttpClient = (options: unknown) => {
    made.push(options);
    return unpooled;
  };
  globals.set("Deno", { createHttpClient });
  const client = clientOf();
  for (const body of ["pay", streamOf("pay")]) {
    await client.fetch("/pay", { method: "POST", body, duplex: "half" } as RequestInit);
    assert.equal(service.last.client, unpooled);
    assert.equal(await textOf(service.last.body), "pay");
  }
  await client.fetch("/pay");
  assert.equal(service.last.client, undefined, "a GET");
  const own = { close() {} };
  await client.fetch("/pay", { method: "POST", body: "pay", client: own } as RequestInit);
  assert.equal(service.last.client, own);
  assert.ok(service.last.body instanceof ReadableStream);
  // A `Request` may have a client that no code can read.
  const request = new Request(`${service.origin}/pay`, { method: "POST", body: "pay" });
  await client.fetch(request);
  assert.equal(service.last.client, undefined);
  assert.equal(await textOf(service.last.body), "pay");
  assert.deepEqual(made, [{ poolMaxIdlePerHost: 0 }]);
  client.close();
  client.close();
  assert.equal(closed, 1);
});

test("Deno's client is closed when the package's is garbage, also if it is closed already", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let closed = 0;
  const createHttpClient = () => ({
    close() {
      closed += 1;
      throw new Error("closed already");
    },
  });
  globals.set("Deno", { createHttpClient });
  // In a function of its own, whose end lets go of the client.
  const use = async () => {
    await clientOf().fetch("/pay", { method: "POST", body: "pay" });
  };
  await use();
  for (let turns = 0; closed === 0; turns++) {
    assert.ok(turns < 200);
    collect();
    await setImmediate();
  }
  assert.equal(closed, 1);
});

test("authenticate closes Deno's client at its end, also if it fails", async () => {
  let closed = 0;
  const createHttpClient = () => ({
    close() {
      closed += 1;
    },
  });
  globals.set("Deno", { createHttpClient });
  const { baseUrl: _, ...options } = service.options;
  await lib.authenticate(options);
  assert.equal(closed, 1);
  globals.set("fetch", () => Promise.reject(new Error("down")));
  await assert.rejects(lib.authenticate({ ...options, retries: 0 }), { code: "P4P_NETWORK" });
  assert.equal(closed, 2);
});

test("Deno gets a stream where there can be no such client", async () => {
  const refuse = () => {
    throw new Error("not on Deno Deploy");
  };
  globals.set("Deno", { createHttpClient: refuse });
  const own = { close: () => {} };
  const bodies = [
    { init: { body: "påy" }, text: "påy", length: "4" },
    { init: { body: "påy", client: own }, text: "påy", length: "4", client: own },
    { init: {}, text: "", length: "0" },
  ];
  for (const { init, text, length, client } of bodies) {
    const got = await send({ method: "POST", ...init } as RequestInit);
    assert.equal(got.client, client);
    assert.ok(got.body instanceof ReadableStream);
    assert.equal(got.duplex, "half");
    assert.equal(got.headers.get("Content-Length"), length);
    assert.equal(await textOf(got.body), text);
  }
  // A stream that Deno knows the source of.
  const stream = streamOf("pay");
  const piped = await send({ method: "POST", body: stream, duplex: "half" } as RequestInit);
  assert.ok(piped.body instanceof ReadableStream && piped.body !== stream);
  assert.equal(piped.headers.get("Content-Length"), null);
  assert.equal(await textOf(piped.body), "pay");
});

test("undici gets each body as a stream, with the headers that it would have derived", async () => {
  const form = new FormData();
  form.set("pay", "once");
  const cases: [body: BodyInit | null, type: RegExp | undefined, shown: RegExp][] = [
    ["pay", /^text\/plain;charset=UTF-8$/, /^pay$/],
    ["", /^text\/plain;charset=UTF-8$/, /^$/],
    [new URLSearchParams({ pay: "1" }), /^application\/x-www-form-urlencoded;/, /^pay=1$/],
    [new Blob(["pay"], { type: "x/y" }), /^x\/y$/, /^\[object ReadableStream\]$/],
    [new Uint8Array([1, 2]), undefined, /^\[object ReadableStream\]$/],
    [form, /^multipart\/form-data; boundary=/, /^\[object ReadableStream\]$/],
    [null, undefined, /^$/],
  ];
  for (const name of ["nodejs", "edge"]) {
    if (name === "edge") {
      globals.set("EdgeRuntime", "edge-runtime");
    }
    for (const [body, type, shown] of cases) {
      const { body: stream, headers, duplex } = await send({ method: "POST", body });
      assert.ok(stream instanceof ReadableStream, String(body));
      assert.equal(duplex, "half");
      assert.match(String(stream), shown, "what a library in undici's place sends");
      assert.match(headers.get("Content-Type") ?? "none", type ?? /^none$/);
      const text = await textOf(stream);
      assert.equal(headers.get("Content-Length"), String(Buffer.byteLength(text)));
    }
  }
  const typed = await send({ method: "POST", body: "{}", headers: { "content-type": "a/b" } });
  assert.equal(typed.headers.get("Content-Type"), "a/b");
});

test("undici gets each body as a stream, also on a platform without `File`", async () => {
  globals.set("File", undefined);
  const { body } = await send({ method: "POST", body: new URLSearchParams({ pay: "1" }) });
  assert.ok(body instanceof ReadableStream);
  assert.equal(await textOf(body), "pay=1");
});

test("undici gets the caller's stream as it is", async () => {
  const stream = streamOf("pay");
  const init = await send({ method: "POST", body: stream, duplex: "half" } as RequestInit);
  assert.equal(init.body, stream);
  assert.equal(init.headers.get("Content-Length"), null);
});

test("the caller's own fetch gets the body as it is on Node, Deno and Bun", async () => {
  const own: typeof fetch = (input, init) => service.fetch(input, init);
  const init = await send({ method: "POST", body: "pay" }, { fetch: own });
  assert.equal(init.body, "pay");
});

/** The versions of undici that turn a 401 into a network error when the body is a stream, and their neighbours. */
const UNDICI: Readonly<Record<string, boolean>> = {
  "6.23.0": false,
  "7.18.2": false,
  "7.19.0": true,
  "7.24.9": true,
  "7.25.0": false,
  "8.0.0": true,
  "8.1.9": true,
  "8.2.0": false,
  "8.20.0": false,
  "9.1.0": false,
};

test("an undici that fails after a 401 gets a dispatcher that works once", async () => {
  for (const [version, failsAfter401] of Object.entries(UNDICI)) {
    undici(version);
    const init = await send({ method: "POST", body: "pay" });
    assert.equal(init.body instanceof ReadableStream, !failsAfter401, version);
    assert.equal(typeof init.dispatcher, failsAfter401 ? "object" : "undefined", version);
  }
  undici(undefined);
  assert.ok((await send({ method: "POST", body: "pay" })).body instanceof ReadableStream);
});

test("that dispatcher asks the caller's or the global one, and refuses the second time", async () => {
  undici("7.20.0");
  const dispatched: string[] = [];
  const dispatcher = (name: string) => ({
    dispatch: (...request: unknown[]) => dispatched.push(`${name} ${request.join()}`) > 0,
  });
  const again = /^Error: the answer was a 421, and the request is not sent again$/;
  const own = { method: "POST", dispatcher: dispatcher("own") } as RequestInit;
  const ofCaller = (await send(own)).dispatcher;
  assert.equal(ofCaller?.dispatch("a", "b"), true);
  assert.throws(() => ofCaller?.dispatch("a", "b"), again);
  const symbol = Symbol.for("undici.globalDispatcher.1");
  const bySymbol = globalThis as unknown as Record<symbol, unknown>;
  const before = bySymbol[symbol];
  try {
    bySymbol[symbol] = dispatcher("global");
    const ofPlatform = (await send({ method: "POST" })).dispatcher;
    assert.equal(ofPlatform?.dispatch("c"), true);
    assert.throws(() => ofPlatform?.dispatch("c"), again);
    bySymbol[symbol] = undefined;
    const none = (await send({ method: "POST" })).dispatcher;
    assert.throws(() => none?.dispatch("d"), again);
  } finally {
    bySymbol[symbol] = before;
  }
  assert.deepEqual(dispatched, ["own a,b", "global c"]);
  // A `Request` may have a dispatcher that no code can read. It is not replaced.
  await clientOf().fetch(new Request(`${service.origin}/pay`, { method: "POST" }));
  assert.equal(service.last.dispatcher, undefined);
});

const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => assert.fail("expected a failure"),
    (thrown: unknown) => thrown,
  );

test("an error of undici loses the bytes of the answer, and nothing else", async () => {
  const inherited = Object.create({ data: "the prototype's" });
  const causes = [
    { cause: Object.assign(new Error("parse"), { data: "Bearer opaque", code: "HPE" }) },
    { cause: inherited },
    { cause: null },
    { cause: "data" },
    {},
  ];
  const thrown = causes.map(({ cause }) => new TypeError("fetch failed", { cause }));
  for (const error of [...thrown, undefined, null]) {
    service.answer = () => Promise.reject(error);
    assert.equal(await failureOf(clientOf().fetch("/pay")), error);
  }
  const [first] = thrown;
  assert.deepEqual(Object.keys(first?.cause as object), ["code"]);
  assert.equal(inherited.data, "the prototype's");
});

test("an error of the caller's own fetch is not changed", async () => {
  const cause = { data: "the caller's" };
  const own: typeof fetch = (input, init) => service.fetch(input, init);
  const error = new TypeError("failed", { cause });
  service.answer = () => Promise.reject(error);
  assert.equal(await failureOf(clientOf({ fetch: own }).fetch("/pay")), error);
  assert.equal(cause.data, "the caller's");
});
