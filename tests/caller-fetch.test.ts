// What `client.fetch` sends, as the caller's own fetch sees it, and what it does with answers that no service gives.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, beforeEach, test } from "node:test";
import type * as Library from "pay4power-auth";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { accepted } from "./portable/harness.ts";
import { KEYS } from "./support/secrets.ts";

const ORIGIN = "https://service.example";

type Fetch = typeof globalThis.fetch;
/** What a fetch got as its second argument. */
interface Sent extends RequestInit {
  readonly headers: Headers;
  readonly duplex?: string;
}

let lib: typeof Library;
let sent: Sent[];
/** What the service answers to a request that is not for a token. */
let answer: (init: Sent) => unknown;
/** Holds back the tokens, until it resolves. */
let tokenReady: Promise<unknown>;
let tokens: number;

before(async () => {
  const folder = makeConsumer(join(root, "target", "consumers", "caller-fetch"), await build());
  lib = createRequire(join(folder, "index.cjs"))("pay4power-auth") as typeof Library;
});

beforeEach(() => {
  sent = [];
  answer = () => new Response("done");
  tokenReady = Promise.resolve();
  tokens = 0;
});

const fetch = (async (input: unknown, init: Sent) => {
  if (String(input) === `${ORIGIN}/token`) {
    await tokenReady;
    tokens += 1;
    const data = { token: `opaque-${tokens}`, expiresAt: 4_102_444_800, tokenType: "Bearer" };
    return new Response(accepted(data));
  }
  sent.push(init);
  return answer(init);
}) as Fetch;

const clientOf = (options: Partial<Library.ClientOptions> = {}) =>
  lib.createClient({ ...KEYS, tokenUrl: `${ORIGIN}/token`, baseUrl: ORIGIN, fetch, ...options });

async function send(init?: object): Promise<Sent> {
  await clientOf().fetch("/pay", init as RequestInit);
  const last = sent.at(-1);
  assert.ok(last);
  return last;
}

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
    let release = () => {};
    tokenReady = new Promise<void>((resolve) => {
      release = resolve;
    });
    const done = clientOf().fetch("/pay", { method: "POST", body: body as BodyInit });
    // While the client waits for its token.
    new Uint8Array(ArrayBuffer.isView(body) ? body.buffer : body).fill(7);
    release();
    await done;
    const got = sent.at(-1)?.body;
    assert.ok(got instanceof Uint8Array);
    assert.deepEqual([...got], bytes);
    whole.set([9, 1, 2, 9]);
  }
});

test("with the caller's own Authorization the request is sent once, with its Host, and without a token", async () => {
  answer = () => new Response("no", { status: 401 });
  const headers = { authorization: "Basic own", host: "other.example" };
  for (const address of [
    "/pay",
    "https://elsewhere.example/pay",
    "https://elsewhere.example/a?b",
  ]) {
    const got = await clientOf().fetch(address, { headers });
    assert.equal(got.status, 401);
    assert.equal(sent.at(-1)?.headers.get("Authorization"), "Basic own");
    assert.equal(sent.at(-1)?.headers.get("Host"), "other.example");
  }
  assert.equal(sent.length, 3);
  assert.equal(tokens, 0);
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
    const before = sent.length;
    answer = () =>
      sent.length === before + 1 ? { status: 401, body } : new Response("", { status: 200 });
    assert.equal((await clientOf().fetch("/pay")).status, 200);
    assert.equal(sent.length, before + 2);
  }
  assert.deepEqual(called, ["cancel", "destroy"]);
});

test("an answer that is no Response is returned as it is", async () => {
  for (const strange of [undefined, null, {}, { status: "401" }]) {
    answer = () => strange;
    assert.equal(await clientOf().fetch("/pay"), strange);
  }
  assert.equal(sent.length, 4);
});

test("a body that the platform's fetch would send as such a text is refused", async () => {
  const platform = globalThis.fetch;
  globalThis.fetch = fetch;
  try {
    const client = clientOf({ fetch: undefined });
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
    assert.equal(sent.length, 0);
  } finally {
    globalThis.fetch = platform;
  }
});

/** An async iterable that is no stream of the platform. */
async function* pieces() {
  yield new TextEncoder().encode("pay");
}

test("an async iterable is a stream on servers, and refused on Workers and in browsers", async () => {
  const platform = globalThis.fetch;
  const { navigator, process } = globalThis;
  const replace = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  globalThis.fetch = fetch;
  try {
    const client = clientOf({ fetch: undefined, dangerouslyAllowBrowser: true });
    await client.getToken();
    const post = () =>
      client.fetch("/pay", { method: "POST", body: pieces() as unknown as BodyInit });
    await post();
    assert.equal(await new Response(sent.at(-1)?.body).text(), "pay");
    const refused = { code: "P4P_INVALID_OPTIONS", message: /^`body` must be text, / };
    replace("navigator", { userAgent: "Cloudflare-Workers" });
    await assert.rejects(post(), refused);
    replace("navigator", navigator);
    replace("process", undefined);
    const inBrowser = await post().catch((error: unknown) => error);
    replace("process", process);
    assert.throws(() => {
      throw inBrowser;
    }, refused);
    assert.equal(sent.length, 1);
  } finally {
    replace("navigator", navigator);
    replace("process", process);
    globalThis.fetch = platform;
  }
});
