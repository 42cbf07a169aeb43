// What `client.fetch` sends, as the caller's own fetch sees it, and what it does with answers that no service gives.
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
  lib = await loadLibrary("caller-fetch");
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

test("with a token at hand a request is sent within the call", async () => {
  const client = clientOf();
  await client.getToken();
  const answer = client.fetch("/pay");
  assert.equal(service.sent.length, 1);
  await answer;
  client.close();
});

test("a stream is sent with `duplex`, and any other body without it", async () => {
  const stream = new Response("pay").body;
  const streamed = await send({ method: "POST", body: stream });
  assert.equal(streamed.body, stream);
  assert.equal(streamed.duplex, "half");
  for (const body of ["pay", "", new Blob(["pay"]), new Uint8Array(1), undefined, null]) {
    assert.ok(!("duplex" in (await send({ method: "POST", body }))), String(body));
  }
});

test("bytes are sent as they were when the call began", async () => {
  const whole = new Uint8Array([9, 1, 2, 9]);
  const bodies: [body: ArrayBuffer | ArrayBufferView, bytes: number[]][] = [
    [new Uint8Array([1, 2]).buffer, [1, 2]],
    [new Uint8Array([1, 2]), [1, 2]],
    [whole.subarray(1, 3), [1, 2]],
    [new DataView(whole.buffer, 1, 2), [1, 2]],
    [new Uint16Array([0x0201]), [1, 2]],
  ];
  for (const [body, bytes] of bodies) {
    const buffer = ArrayBuffer.isView(body) ? body.buffer : body;
    const got = await sendChanged(body, () => new Uint8Array(buffer).fill(7));
    assert.ok(got instanceof Uint8Array);
    assert.deepEqual([...got], bytes);
    whole.set([9, 1, 2, 9]);
  }
});

/** Sends a body, and changes it while the client waits for its token. Returns what was sent. */
async function sendChanged(body: unknown, change: () => void): Promise<unknown> {
  const release = service.holdTokens();
  const done = clientOf().fetch("/pay", { method: "POST", body: body as BodyInit });
  change();
  release();
  await done;
  return service.last.body;
}

test("a form and parameters are sent as they were when the call began, as the caller's own class", async () => {
  class OwnForm extends FormData {}
  class OwnParameters extends URLSearchParams {}
  const form = new OwnForm();
  form.append("pay", "1");
  const gotForm = await sendChanged(form, () => form.append("pay", "2"));
  assert.ok(gotForm instanceof OwnForm && gotForm !== form);
  assert.deepEqual([...gotForm], [["pay", "1"]]);
  const parameters = new OwnParameters("pay=1");
  const gotParameters = await sendChanged(parameters, () => parameters.append("pay", "2"));
  assert.ok(gotParameters instanceof OwnParameters);
  assert.equal(String(gotParameters), "pay=1");
});

test("a body that can't be copied is sent itself, and not again after a 401", async () => {
  class AddingForm extends FormData {
    constructor() {
      super();
      this.append("added", "1");
    }
  }
  class AddingParameters extends URLSearchParams {
    constructor(init: string) {
      super(init);
      this.append("added", "1");
    }
  }
  class Throwing extends URLSearchParams {
    constructor(init?: string) {
      if (init !== undefined) {
        throw new Error("no copies");
      }
      super();
    }
  }
  const bodies = [
    new AddingForm(),
    new AddingParameters("a=1"),
    new Throwing(),
    { own: "body" },
    Object.create(null),
    7,
  ];
  for (const body of bodies) {
    const withheld: unknown[] = [];
    service.answer = () => new Response("no", { status: 401 });
    const onEvent = (event: Library.ClientEvent) =>
      event.type === "replay.withheld" && withheld.push(event.reason);
    const before = service.sent.length;
    const init = { method: "POST", body: body as BodyInit };
    assert.equal((await clientOf({ onEvent }).fetch("/pay", init)).status, 401);
    assert.equal(service.sent.length, before + 1, "once");
    assert.equal(service.last.body, body);
    assert.deepEqual(withheld, ["body"]);
  }
});

test("with the caller's own Authorization the request is sent once, with its Host, and without a token", async () => {
  service.answer = () => new Response("no", { status: 401 });
  const headers = { authorization: "Basic own", host: "other.example" };
  for (const address of [
    "/pay",
    "https://elsewhere.example/pay",
    "https://elsewhere.example/a?b",
  ]) {
    const got = await clientOf().fetch(address, { headers });
    assert.equal(got.status, 401);
    assert.equal(service.last.headers.get("Authorization"), "Basic own");
    assert.equal(service.last.headers.get("Host"), "other.example");
  }
  assert.equal(service.sent.length, 3);
  assert.equal(service.tokens, 0);
});

test("with a token the caller's Host is left out, and its other headers are sent", async () => {
  const got = await send({ headers: { host: "other.example", "x-one": "1" } });
  assert.deepEqual(
    [...got.headers],
    [
      ["authorization", "Bearer opaque-1"],
      ["x-one", "1"],
    ],
  );
});

test("the body of a 401 is cancelled by whatever method it has", async () => {
  const called: string[] = [];
  const bodies = [
    { cancel: async () => called.push("cancel"), destroy: () => called.push("not both") },
    { cancel: () => Promise.reject(new Error("locked")) },
    { destroy: () => called.push("destroy") },
    { cancel: "no method" },
    {},
    undefined,
    null,
  ];
  for (const body of bodies) {
    const before = service.sent.length;
    service.answer = () =>
      service.sent.length === before + 1
        ? { status: 401, body }
        : new Response("", { status: 200 });
    assert.equal((await clientOf().fetch("/pay")).status, 200);
    assert.equal(service.sent.length, before + 2);
  }
  assert.deepEqual(called, ["cancel", "destroy"]);
});

test("an answer that is no Response is returned as it is", async () => {
  for (const strange of [undefined, null, {}, { status: "401" }]) {
    service.answer = () => strange;
    assert.equal(await clientOf().fetch("/pay"), strange);
    assert.equal(await clientOf({ requestTimeoutMs: 60_000 }).fetch("/pay"), strange);
  }
  assert.equal(service.sent.length, 8);
});

test("a body that the platform's fetch would send as such a text is refused", async () => {
  const client = clientOfPlatform();
  const message =
    "`body` must be text, bytes, or a Blob, a FormData, URLSearchParams or a stream of the platform, found ";
  const rows: [body: unknown, found: string][] = [
    [{}, "an object"],
    [["a"], "an object"],
    [() => "a", "a function"],
    [Symbol("a"), "a symbol"],
    [new Map(), "an object"],
  ];
  for (const [body, found] of rows) {
    await assert.rejects(client.fetch("/pay", { method: "POST", body: body as BodyInit }), {
      code: "P4P_INVALID_OPTIONS",
      message: message + found,
    });
  }
  assert.equal(service.sent.length, 0);
});

test("a form of another library is sent as one of the platform, unless it holds another library's Blob", async () => {
  const client = clientOfPlatform();
  const formOf = (...entries: [string, unknown][]) => ({
    [Symbol.toStringTag]: "FormData",
    [Symbol.iterator]: () => entries.values(),
  });
  const post = (body: unknown) => client.fetch("/pay", { method: "POST", body: body as BodyInit });
  await post(formOf(["a", "1"], ["b", new Blob(["2"])]));
  const got = await new Response(service.last.body, {
    headers: { "Content-Type": service.last.headers.get("Content-Type") ?? "" },
  }).formData();
  assert.deepEqual([...got.keys()], ["a", "b"]);
  assert.equal(await (got.get("b") as Blob).text(), "2");
  const foreign = { [Symbol.toStringTag]: "Blob", size: 1 };
  for (const entries of [
    [
      ["a", "1"],
      ["b", foreign],
    ],
    [
      ["b", foreign],
      ["a", "1"],
    ],
  ]) {
    await assert.rejects(post(formOf(...(entries as [string, unknown][]))), {
      code: "P4P_INVALID_OPTIONS",
    });
  }
  await assert.rejects(post(foreign), { code: "P4P_INVALID_OPTIONS" });
  await assert.rejects(post({ [Symbol.toStringTag]: "FormData" }), {
    code: "P4P_INVALID_OPTIONS",
  });
  assert.equal(service.sent.length, 1);
});

/** An async iterable that is no stream of the platform. */
async function* pieces() {
  yield new TextEncoder().encode("pay");
}

test("an async iterable is a stream on servers, and refused on Workers and in browsers", async () => {
  const client = clientOfPlatform({ dangerouslyAllowBrowser: true });
  await client.getToken();
  const post = () =>
    client.fetch("/pay", { method: "POST", body: pieces() as unknown as BodyInit });
  await post();
  assert.equal(await new Response(service.last.body).text(), "pay");
  const refused = { code: "P4P_INVALID_OPTIONS", message: /^`body` must be text, / };
  globals.set("navigator", { userAgent: "Cloudflare-Workers" });
  await assert.rejects(post(), refused);
  globals.restore();
  globals.set("process", undefined); // no runtime that the package knows, such as a browser
  globals.set("fetch", service.fetch);
  const inBrowser = await post().catch((error: unknown) => error);
  globals.restore();
  assert.throws(() => {
    throw inBrowser;
  }, refused);
  assert.equal(service.sent.length, 1);
});

test("where the platform allows no timer, a time limit is refused in clear words", async () => {
  const client = clientOf({ requestTimeoutMs: 10_000 });
  await client.getToken();
  const refusal = new TypeError("no timers in the global scope");
  globals.set("setTimeout", () => {
    throw refusal;
  });
  const error = await client.fetch("/pay").catch((thrown: unknown) => thrown);
  globals.restore();
  assert.throws(
    () => {
      throw error;
    },
    {
      code: "P4P_INVALID_OPTIONS",
      message:
        "expected a call while a request is handled, found one where no timer may be set, such as a Worker's global scope",
      cause: refusal,
    },
  );
  assert.equal(service.sent.length, 0);
});

test("the caller's signal aborts a request as long as the program holds only its body", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let isAborted = false;
  service.answer = () => {
    service.last.signal?.addEventListener("abort", () => {
      isAborted = true;
    });
    return new Response(new ReadableStream());
  };
  const client = clientOf({ requestTimeoutMs: 60_000 });
  const controller = new AbortController();
  // In a function of its own, whose end lets go of the answer.
  const bodyOf = async () => (await client.fetch("/pay", { signal: controller.signal })).body;
  const body = await bodyOf();
  service.sent.length = 0; // only the client holds the signal now
  for (let turns = 0; turns < 10; turns++) {
    collect();
    await setImmediate();
  }
  controller.abort("left");
  assert.ok(isAborted);
  assert.ok(body);
});

test("a double of the platform's fetch may answer without a promise", async () => {
  const client = clientOfPlatform();
  await client.getToken();
  globals.set("fetch", () => new Response("done"));
  assert.equal(await (await client.fetch("/pay")).text(), "done");
});

test("the platform's own error is the one that the caller gets, without what the service has sent", async () => {
  const cause = Object.assign(new Error("Response does not match the HTTP/1.1 protocol"), {
    data: "Authorization: Bearer opaque-1",
  });
  const failed = new TypeError("fetch failed", { cause });
  const failures = [failed, new TypeError("no cause"), new DOMException("left", "AbortError"), 0];
  for (const reason of failures) {
    service.answer = () => Promise.reject(reason);
    const thrown: unknown = await clientOfPlatform()
      .fetch("/pay")
      .catch((it: unknown) => it);
    assert.equal(thrown, reason);
  }
  assert.ok(!("data" in cause));
});
