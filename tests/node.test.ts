// What only Node can show: its module systems and its inspectors.
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, mock, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { serialize, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type * as Library from "pay4power-auth";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { textOfBytes } from "./portable/search.ts";
import { expectHidden } from "./portable/shown.ts";
import { assertNoSecret } from "./support/leaks.ts";

let sandbox: Sandbox;
let required: typeof Library;
let imported: typeof Library;

before(async () => {
  sandbox = await startSandbox();
  const folder = makeConsumer(join(root, "target", "consumers", "node"), await build());
  const resolver = createRequire(join(folder, "index.cjs"));
  required = resolver("pay4power-auth") as typeof Library;
  const entry = join(folder, "node_modules", "pay4power-auth", "dist", "inline.mjs");
  imported = (await import(pathToFileURL(entry).href)) as typeof Library;
});
after(() => sandbox.close());

const options = () => ({ ...KEYS, tokenUrl: sandbox.tokenUrl });

test("import and require share one instance", () => {
  assert.deepEqual(Object.keys(imported).sort(), Object.keys(required).sort());
  for (const name of Object.keys(required) as (keyof typeof Library)[]) {
    assert.equal(imported[name], required[name], name);
  }
});

test("the engine's own `using` closes a client", async () => {
  let closed: Library.Client;
  {
    using client = required.createClient(options());
    closed = client;
  }
  await assert.rejects(closed.getToken(), { code: "P4P_CLOSED" });
});

test("no inspector shows a token", async () => {
  const token = await imported.authenticate(options());
  expectHidden(token, token.value);
  assert.match(inspect(token), /\[redacted\]/);
  assert.equal(imported.Token.name, "Token"); // inspectors show it
  assertNoSecret(textOfBytes(serialize(structuredClone(token))), [token.value]);
});

test("a client names its class, as a debugger shows it", () => {
  const client = imported.createClient(options());
  assert.equal(client.constructor.name, "Client");
  client.close();
});

test("no inspector shows a private key", async () => {
  const failures = [
    { ...options(), privateKey: `${KEYS.privateKey}-wrong` },
    { ...options(), privateKey: KEYS.privateKey, publicKey: 1 },
    { ...options(), tokenUrl: "http://127.0.0.1:9/", retries: 0 },
    { ...options(), tokenUrl: `https://user:${KEYS.privateKey}@pay4power.example/` },
    { ...options(), authorization: `${KEYS.privateKey}\n` },
    {
      ...options(),
      authorization: KEYS.privateKey,
      fetch: (url: string, init: object) => Promise.reject({ url, init }),
    },
  ];
  for (const failing of failures) {
    const error: unknown = await imported.authenticate(failing as never).then(
      () => assert.fail("a token"),
      (e: unknown) => e,
    );
    assert.ok(imported.isAuthError(error));
    expectHidden(error, KEYS.privateKey);
  }
});

test("a page is told apart from a server", async () => {
  const globals = globalThis as Record<string, unknown>;
  const pages: Record<string, unknown>[] = [
    { window: globalThis, document: {} },
    { WorkerGlobalScope: class {}, process: undefined },
  ];
  for (const page of pages) {
    const saved = Object.keys(page).map(
      (name) => [name, Object.getOwnPropertyDescriptor(globals, name)] as const,
    );
    try {
      for (const [name, value] of Object.entries(page)) {
        Object.defineProperty(globals, name, { value, configurable: true });
      }
      await assert.rejects(imported.authenticate(options()), { code: "P4P_BROWSER_REFUSED" });
      await imported.authenticate({ ...options(), dangerouslyAllowBrowser: true });
    } finally {
      for (const [name, descriptor] of saved) {
        delete globals[name];
        if (descriptor) {
          Object.defineProperty(globals, name, descriptor);
        }
      }
    }
  }
  await imported.authenticate(options());
});

test("fake timers end a token, whether they came before the client or after it", async () => {
  const fake = () => mock.timers.enable({ apis: ["Date", "setTimeout"], now: Date.now() });
  for (const isEarly of [false, true]) {
    try {
      if (isEarly) {
        fake();
      }
      const client = imported.createClient(options());
      const first = await client.getToken();
      if (!isEarly) {
        fake();
      }
      assert.equal(await client.getToken(), first);
      mock.timers.tick(2 * 3_600_000);
      assert.equal(first.isExpired(), true);
      const second = await client.getToken();
      assert.equal(second.isExpired(), false);
      assert.equal(await client.getToken(), second);
      mock.timers.reset(); // two hours back
      assert.equal((await client.getToken()).isExpired(), false);
      client.close();
    } finally {
      mock.timers.reset();
    }
  }
});

/** What test frameworks put in place of `performance`: with a time origin of 0, another one, or none. */
const performances = [{ timeOrigin: 0 }, { timeOrigin: Date.now() }, {}];

test("a performance that is replaced after the client was made is the one that counts", async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "performance");
  const { now } = Date;
  assert.ok(own);
  try {
    for (const fake of performances) {
      const client = imported.createClient(options());
      await client.getToken();
      let passedMs = 0;
      const begunMs = now();
      Date.now = () => begunMs + passedMs;
      const value = { ...fake, now: () => passedMs };
      Object.defineProperty(globalThis, "performance", { value, configurable: true });
      const first = await client.getToken();
      assert.equal(await client.getToken(), first);
      passedMs += 2 * 3_600_000;
      assert.equal(first.isExpired(), true);
      const second = await client.getToken();
      assert.equal(second.isExpired(), false);
      assert.equal(await client.getToken(), second);
      client.close();
      Date.now = now;
      Object.defineProperty(globalThis, "performance", own);
    }
  } finally {
    Date.now = now;
    Object.defineProperty(globalThis, "performance", own);
  }
});

test("a signal keeps no listener for answers that nobody holds any more", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const { baseUrl } = sandbox;
  const answer = async () => new Response(new ReadableStream()); // its body never ends
  const client = imported.createClient({
    ...options(),
    baseUrl,
    requestTimeoutMs: 60_000,
    fetch: (url, init) => (init?.method === "POST" ? fetch(url, init) : answer()),
  });
  const { signal } = new AbortController();
  // In a function of its own, whose end lets go of them.
  const holds = async () => {
    for (let calls = 0; calls < 20; calls++) {
      await client.fetch("/services", { signal });
    }
    assert.equal(getEventListeners(signal, "abort").length, 1);
  };
  await holds();
  await pauseUntil(() => {
    collect();
    return getEventListeners(signal, "abort").length === 0;
  });
  client.close();
});

/** Waits for what takes as long as the engine likes. */
async function pauseUntil(isSo: () => boolean): Promise<void> {
  for (let turns = 0; !isSo(); turns++) {
    assert.ok(turns < 200, String(isSo));
    await setImmediate();
  }
}

test("only an import is needed, and importing does nothing else", async () => {
  const before = process.getActiveResourcesInfo().length;
  const entry = join(
    root,
    "target",
    "consumers",
    "node",
    "node_modules",
    "pay4power-auth",
    "dist",
    "inline.js",
  );
  const inline = (await import(pathToFileURL(entry).href)) as typeof Library;
  assert.equal(process.getActiveResourcesInfo().length, before);
  const token = await inline.authenticate(options());
  assert.equal(token.tokenType, "Bearer");
  assert.ok(
    imported.isAuthError(await inline.authenticate({} as never).catch((e: unknown) => e)),
    "by brand",
  );
});
