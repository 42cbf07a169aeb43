// What crosses the border to the Wasm, and what stays on the other side of it.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import type * as Library from "pay4power-auth";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { requireOf } from "./support/installed.ts";

let sandbox: Sandbox;
let lib: typeof Library;
let memory: WebAssembly.Memory | undefined;
let crossings = 0;
/** The names of the exports that were called. */
const inFunctions: string[] = [];

before(async () => {
  sandbox = await startSandbox();
  const require = await requireOf("border");
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
          inFunctions.push(name);
          return (value as (...given: unknown[]) => unknown)(...given);
        };
        return [name, typeof value === "function" ? call : value] as const;
      });
      return Object.fromEntries(counted);
    }
  };
  lib = require("pay4power-auth") as typeof Library;
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

// Before the next one, which has the memory grow.
test("what never settles keeps no memory once the exchange has ended", async () => {
  const bytes = () => memory?.buffer.byteLength ?? Number.NaN;
  const never = new Promise<never>(() => {});
  const stuck = { getReader: () => ({ read: () => never, cancel: () => never }) };
  const answers: (() => Promise<unknown>)[] = [
    () => never,
    async () => ({ [Symbol.toStringTag]: "Response", status: 200, body: stuck }),
  ];
  for (const fetch of answers) {
    const end = async (exchanges: number) => {
      const given = { ...options(), fetch: fetch as typeof globalThis.fetch, retries: 0 };
      const controllers = Array.from({ length: exchanges }, () => new AbortController());
      const ended = Promise.allSettled(
        controllers.map(({ signal }, index) =>
          lib.authenticate(index % 2 ? { ...given, signal } : { ...given, timeoutMs: 1 }),
        ),
      );
      await setImmediate(); // each is under way
      for (const controller of controllers) {
        controller.abort();
      }
      assert.deepEqual([...new Set((await ended).map(({ status }) => status))], ["rejected"]);
    };
    await end(200);
    const before = bytes();
    for (let times = 0; times < 20; times++) {
      await end(200);
    }
    assert.equal(bytes(), before);
  }
});

test("a client that is closed frees its memory, and so does an exchange that has ended", async () => {
  const bytes = () => memory?.buffer.byteLength ?? Number.NaN;
  const body = JSON.stringify({ success: true, data: { token: "opaque", expiresAt: 4102444800 } });
  const fetch = () => Promise.resolve(new Response(body));
  const open = async (clients: number) => {
    const opened = Array.from({ length: clients }, () => lib.createClient({ ...options(), fetch }));
    await Promise.all(opened.map((client) => client.getToken()));
    return opened;
  };
  const close = (clients: Library.Client[]) => {
    for (const client of clients) {
      client.close();
    }
  };
  close(await open(10));
  const before = bytes();
  for (let times = 0; times < 200; times++) {
    close(await open(10));
  }
  assert.equal(bytes(), before);
  const clients = await open(2_000);
  assert.ok(bytes() > before, "as many that are open take more");
  const most = bytes();
  close(clients);
  close(await open(2_000));
  assert.equal(bytes(), most);
});

/** The exports that `run` enters, without those of wasm-bindgen's own. */
async function entered(run: () => Promise<unknown>): Promise<string[]> {
  const before = inFunctions.length;
  await run();
  return inFunctions.slice(before).filter((name) => !name.startsWith("__"));
}

test("client.fetch enters the Wasm once for a path, whatever its query", async () => {
  const { baseUrl } = sandbox;
  const client = lib.createClient({ ...options(), baseUrl });
  await client.getToken();
  const ask = async (path: string, init?: RequestInit) => (await client.fetch(path, init)).text();
  const POST = { method: "POST", body: "{}", headers: { "Content-Type": "application/json" } };
  const first = await entered(() => ask("/services"));
  assert.deepEqual(first, ["resolveAddress"]);
  const before = crossings;
  for (let times = 0; times < 10; times++) {
    await ask("/services");
    await ask(`/services?page=${times}`);
    await ask("/services", POST);
  }
  assert.equal(crossings, before);
  // What a URL parser may change, the core looks at each time.
  const odd = await entered(async () => {
    await ask("/services?name=a b");
    await ask("/services?name=a b");
  });
  assert.deepEqual(odd, ["resolveAddress", "resolveAddress"]);
  client.close();
});

test("1,000 callers of a turn enter the Wasm as often as one", async () => {
  const counts: string[][] = [];
  for (const callers of [1, 1_000]) {
    const client = lib.createClient(options());
    const functions = await entered(async () => {
      const tokens = await Promise.all(Array.from({ length: callers }, () => client.getToken()));
      assert.equal(new Set(tokens).size, 1);
    });
    counts.push(functions.filter((name) => name.startsWith("lifecycle_")));
    client.close();
  }
  assert.deepEqual(counts[1], counts[0]);
});

test("100 requests that get a 401 for one token report it to the Wasm once", async () => {
  let tokens = 0;
  const client = lib.createClient({
    ...options(),
    baseUrl: "https://api.example",
    async fetch(url, init) {
      if (url === sandbox.tokenUrl) {
        tokens += 1;
        const data = { token: `opaque-${tokens}`, expiresAt: 4_102_444_800 };
        return Response.json({ success: true, data });
      }
      const isFirst = new Headers(init?.headers).get("Authorization") === "Bearer opaque-1";
      return new Response(null, { status: isFirst ? 401 : 200 });
    },
  });
  await client.getToken();
  inFunctions.length = 0;
  const answers = Array.from({ length: 100 }, () => client.fetch("/pay"));
  const statuses = (await Promise.all(answers)).map(({ status }) => status);
  assert.deepEqual([...new Set(statuses)], [200]);
  for (const name of ["lifecycle_unauthorized", "lifecycle_replayed"]) {
    assert.equal(inFunctions.filter((called) => called === name).length, 1, name);
  }
  client.close();
});

test("callers that have waited for another's exchange take its token without one more question", async () => {
  const client = lib.createClient(options());
  const CALLERS = 100;
  const functions = await entered(async () => {
    const calls = Array.from({ length: CALLERS }, () =>
      client.getToken({ signal: new AbortController().signal }),
    );
    assert.equal(new Set(await Promise.all(calls)).size, 1);
  });
  // Each of them asks before it waits, and the leader asks once more.
  assert.equal(functions.filter((name) => name === "lifecycle_ask").length, CALLERS + 1);
  client.close();
});
