// What an exchange does with a fetch of the caller's own, which can do what no service could.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { inspect } from "node:util";
import type * as Library from "pay4power-auth";
import { StandIns } from "./support/fake-service.ts";
import { loadLibrary } from "./support/installed.ts";
import { assertNoSecret } from "./support/leaks.ts";
import { KEYS } from "./support/secrets.ts";

const GOOD = JSON.stringify({
  success: true,
  data: { token: "opaque", expiresAt: 4_102_444_800, tokenType: "Bearer" },
});

/** The documented token endpoint, as messages name it. */
const ASKED =
  "p4p-core-bill-payments-service.dev.payinvert.com/api/v2.1/b2b/test/v2.1/b2b/auth/token";

let lib: typeof Library;

before(async () => {
  lib = await loadLibrary("exchange");
});

type Fetch = typeof globalThis.fetch;
const exchange = (fetch: unknown, options: Partial<Library.AuthenticateOptions> = {}) =>
  lib.authenticate({ ...KEYS, retries: 0, ...options, fetch: fetch as Fetch });
const silent = () => new Promise(() => {});

/** What an exchange fails with whose fetch throws this. */
const failureOf = (thrown: unknown): Promise<Library.AuthError> =>
  exchange(() => Promise.reject(thrown)).then(
    () => assert.fail("a token"),
    (error) => error,
  );

/** A fetch that gives this, and the signal that it was given. */
function watched(answer: () => unknown) {
  const given: { signal?: AbortSignal | null | undefined } = {};
  const fetch = async (_url: string, init: RequestInit) => {
    given.signal = init.signal;
    return answer();
  };
  return { fetch, given };
}

test("a wrong address is named, without its query and without secrets", async () => {
  const fetch = async () => new Response("<html>", { status: 404 });
  const tokenUrl = `https://p4p.example.com/auth/tokens/${KEYS.privateKey}?key=${KEYS.privateKey}`;
  await assert.rejects(exchange(fetch, { tokenUrl }), {
    code: "P4P_BAD_RESPONSE",
    message:
      "expected the service's envelope with a token from p4p.example.com/auth/tokens/[redacted], " +
      "found another failure (HTTP 404)",
  });
});

test("an address may be of a subclass of URL or of another library's, also where classes have no tag", async () => {
  const address = "https://p4p.example.com/token";
  class OwnUrl extends URL {}
  const OtherUrl = class URL {
    readonly href = address;
  };
  const tag = Object.getOwnPropertyDescriptor(URL.prototype, Symbol.toStringTag);
  assert.ok(Reflect.deleteProperty(URL.prototype, Symbol.toStringTag)); // as on Workers before 2024-09-26
  try {
    const asked: string[] = [];
    const fetch = async (url: string) => {
      asked.push(url);
      return new Response(GOOD);
    };
    for (const tokenUrl of [new OwnUrl(address), new OtherUrl() as URL]) {
      await exchange(fetch, { tokenUrl });
    }
    const posing = Object.assign(() => {}, { constructor: URL, href: address });
    await assert.rejects(exchange(fetch, { tokenUrl: posing as unknown as URL }), {
      code: "P4P_INVALID_OPTIONS",
      message: /^`tokenUrl` must be .*, found a function$/,
    });
    assert.deepEqual(asked, [address, address]);
  } finally {
    Object.defineProperty(URL.prototype, Symbol.toStringTag, tag ?? assert.fail("no tag"));
  }
});

test("what a fetch throws, at once or later, is the cause", async () => {
  const thrown = new TypeError("down");
  const throws = () => {
    throw thrown;
  };
  for (const fetch of [throws, async () => throws()]) {
    await assert.rejects(exchange(fetch), { code: "P4P_NETWORK", cause: thrown });
  }
});

test("the JSON of an error tells the name and the code of its cause, and no more", async () => {
  const refused = Object.assign(new Error("connect to 10.0.0.1"), { code: "ECONNREFUSED" });
  const throwing = new Error("a");
  Object.defineProperty(throwing, "code", {
    get() {
      throw new Error("b");
    },
  });
  const rows: [unknown, unknown][] = [
    [
      new TypeError("fetch failed", { cause: refused }),
      { name: "TypeError", code: "ECONNREFUSED" },
    ],
    [refused, { name: "Error", code: "ECONNREFUSED" }],
    [Object.assign(new Error("a", { cause: refused }), { code: 7 }), { name: "Error", code: 7 }],
    [Object.assign(new Error("a"), { code: { secret: 1 } }), { name: "Error" }],
    [new DOMException("a", "AbortError"), { name: "AbortError", code: 20 }],
    ["text", undefined],
    [throwing, { name: "Error" }], // what can't be read is not attached
    [Object.assign(new Error("a"), { code: KEYS.privateKey }), undefined],
    [
      new (class extends Error {
        override name = KEYS.privateKey;
      })("a"),
      undefined,
    ],
    [
      new (class extends Error {
        get code() {
          return KEYS.privateKey;
        }
      })("a"),
      undefined,
    ],
  ];
  for (const [thrown, told] of rows) {
    const error = await failureOf(thrown);
    const json = error.toJSON();
    assert.deepEqual(json.cause, told, String(thrown));
    assert.equal("cause" in json, told !== undefined);
    const rest = { message: error.message, name: "AuthError", code: "P4P_NETWORK" };
    assert.deepEqual(json, { ...json, ...rest, retryable: true, retryAfterMs: null });
    assertNoSecret(JSON.stringify(error), [KEYS.privateKey]);
  }
  // What is shown on a console is the cause itself, as before.
  const [[thrown]] = rows as [[Error, unknown]];
  const error = await failureOf(thrown);
  assert.equal(error.cause, thrown);
  assert.match(inspect(error), /\[cause\]: TypeError: fetch failed[\s\S]*code: 'ECONNREFUSED'/);
  assert.ok(!Object.keys(error).includes("cause"));
});

test("a fetch may give a Response without a promise", async () => {
  assert.equal((await exchange(() => new Response(GOOD))).value, "opaque");
});

test("without any fetch the caller is told so, and one that is put there later is used", async () => {
  const { fetch } = globalThis;
  try {
    const client = lib.createClient(KEYS);
    (globalThis as { fetch?: unknown }).fetch = undefined;
    const message = /`fetch` must be a function, found nothing/;
    await assert.rejects(lib.authenticate(KEYS), { code: "P4P_INVALID_OPTIONS", message });
    globalThis.fetch = async () => new Response(GOOD);
    assert.equal((await client.getToken()).value, "opaque");
    client.close();
  } finally {
    globalThis.fetch = fetch;
  }
});

test("a platform without `performance` has the wall clock only, and that is enough", async () => {
  const answer = async () => new Response(GOOD);
  await exchange(answer); // Node loads parts of itself at their first use, and these need `performance`
  const globals = new StandIns();
  globals.set("performance", undefined);
  try {
    assert.equal((await exchange(answer)).value, "opaque");
  } finally {
    globals.restore();
  }
});

test("a body may come in pieces, split where it likes", async () => {
  const bytes = new TextEncoder().encode(GOOD.replace("true", 'true, "message": "ok \u{1f600}"'));
  const stream = new ReadableStream({
    start(controller) {
      for (const byte of bytes) {
        controller.enqueue(Uint8Array.of(byte));
      }
      controller.close();
    },
  });
  assert.equal((await exchange(async () => new Response(stream))).value, "opaque");
});

test("a body that is no stream of bytes is a bad answer", async () => {
  const stream = new ReadableStream({ start: (controller) => controller.enqueue("text") });
  await assert.rejects(
    exchange(async () => new Response(stream)),
    { code: "P4P_BAD_RESPONSE", message: /a stream of something else than bytes/ },
  );
});

test("an attempt ends when its time is over, and takes its request with it", async () => {
  const stalling = () => new Response(new ReadableStream({ pull: silent as () => Promise<void> }));
  for (const answer of [silent, stalling]) {
    const { fetch, given } = watched(answer);
    await assert.rejects(exchange(fetch, { timeoutMs: 20 }), {
      code: "P4P_TIMEOUT",
      message: `expected a whole answer within 20 ms from ${ASKED}, found none`,
    });
    assert.equal(given.signal?.aborted, true);
  }
});

test("an exchange that is overdue when another one begins ends, and says how long it had", async () => {
  const { now } = performance;
  let aheadMs = 0;
  performance.now = () => now.call(performance) + aheadMs;
  try {
    let sent = () => {};
    const isSent = new Promise<void>((resolve) => {
      sent = resolve;
    });
    const unanswered = () => {
      sent();
      return silent();
    };
    const overdue = exchange(unanswered, { deadlineMs: 5_000 });
    await isSent;
    aheadMs = 60_000;
    const other = exchange(async () => new Response(GOOD));
    await assert.rejects(overdue, {
      code: "P4P_TIMEOUT",
      message: "expected a token within 5000 ms, found none",
      retryable: true,
    });
    assert.equal((await other).value, "opaque");
  } finally {
    performance.now = now;
  }
});

test("an answer of which nobody reads the rest is aborted, one that was read is left alone", async () => {
  const rows: [Response, boolean][] = [
    [new Response("elsewhere", { status: 302 }), true],
    [new Response("x".repeat(1_048_577)), true],
    [new Response(GOOD), false],
    [new Response("no JSON", { status: 500 }), false],
    [new Response('{"success":false}', { status: 401 }), false],
  ];
  for (const [response, aborted] of rows) {
    const { fetch, given } = watched(() => response);
    await exchange(fetch).catch(() => {});
    assert.equal(given.signal?.aborted, aborted, `${response.status}`);
  }
});

test("a caller who leaves gets the reason back, at once, and takes the request along", async () => {
  const gone = { signal: AbortSignal.abort("left") };
  const called = () => assert.fail("nothing is to be sent");
  await assert.rejects(exchange(called, gone), (reason) => reason === "left");
  const controller = new AbortController();
  const { fetch, given } = watched(() => {
    controller.abort("left");
    return silent();
  });
  const { signal } = controller;
  // It would ring before the attempt's own.
  let isOver = false;
  const timer = setTimeout(() => {
    isOver = true;
  }, 2_000);
  const left = exchange(fetch, { signal, timeoutMs: 2_000 });
  await assert.rejects(left, (reason) => reason === "left");
  clearTimeout(timer);
  assert.ok(!isOver, "not only when the attempt's time is over");
  assert.equal(given.signal?.aborted, true);
});

test("a listener that closes the client as its exchange starts has nothing sent", async () => {
  let calls = 0;
  const fetch = async () => {
    calls += 1;
    return new Response(GOOD);
  };
  const client = lib.createClient({
    ...KEYS,
    fetch,
    onEvent: ({ type }) => type === "exchange.start" && client.close(),
  });
  await assert.rejects(client.getToken(), { code: "P4P_CLOSED" });
  assert.equal(calls, 0);
});

test("what is to be called and can't be is named", async () => {
  const rows: [Partial<Record<keyof Library.ClientOptions, unknown>>, string, string][] = [
    [{ fetch: "fetch" }, "fetch", "a string"],
    [{ fetch: null }, "fetch", "null"],
    [{ onEvent: {} }, "onEvent", "an object"],
    [{ waitUntil: 1 }, "waitUntil", "a number"],
    [{ store: {} }, "store", "an object"],
    [{ store: "redis" }, "store", "a string"],
  ];
  for (const [options, name, found] of rows) {
    assert.throws(() => lib.createClient({ ...KEYS, ...options } as Library.ClientOptions), {
      code: "P4P_INVALID_OPTIONS",
      message: new RegExp(`^\`${name}\` must be .*, found ${found}$`),
    });
  }
  for (const signal of [{}, null, "signal"]) {
    await assert.rejects(lib.authenticate({ ...KEYS, signal } as Library.AuthenticateOptions), {
      code: "P4P_INVALID_OPTIONS",
      message: /`signal` must be an AbortSignal/,
    });
  }
});

test("a proxy that was revoked is no option, and no harm", () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const names = [
    "publicKey",
    "privateKey",
    "environment",
    "tokenUrl",
    "timeoutMs",
    "authorization",
  ];
  names.push("dangerouslyAllowBrowser", "baseUrl", "refreshAhead", "fetch", "store", "onEvent");
  for (const name of names) {
    const message = new RegExp(`^\`${name}\` must be .*, found (an object|a getter that throws)$`);
    assert.throws(() => lib.createClient({ ...KEYS, [name]: proxy }), {
      code: "P4P_INVALID_OPTIONS",
      message,
    });
  }
  assert.throws(() => lib.createClient(proxy as Library.ClientOptions), {
    code: "P4P_INVALID_OPTIONS",
  });
  assert.throws(() => lib.decodeClaims(proxy as string), { code: "P4P_BAD_TOKEN" });
});
