// What a caller drops is collected, and what it gives to the entry for Cloudflare may be of any shape. The rest, which
// runs on every runtime, is tests/portable/own-objects.ts and the files beside it.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type * as Library from "pay4power-auth";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import type * as Stores from "pay4power-auth/stores";
import { accepted } from "./portable/harness.ts";
import { expectHidden } from "./portable/shown.ts";
import { namespaceOf, newCoordinator } from "./support/coordinator.ts";
import { requireOf } from "./support/installed.ts";
import { KEYS } from "./support/secrets.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

let lib: typeof Library;
let cloudflare: typeof Cloudflare;
let stores: typeof Stores;
before(async () => {
  const require = await requireOf("callers-objects");
  lib = require("pay4power-auth");
  cloudflare = require("pay4power-auth/cloudflare");
  stores = require("pay4power-auth/stores");
});

const TOKEN = "opaque-token-of-the-callers";
const answer = () => new Response(accepted({ token: TOKEN, expiresAt: 4_102_444_800 }));
const baseUrl = "https://api.example/v1";
const tokenUrl = "https://api.example/token";
const options = () => ({ ...KEYS, tokenUrl, baseUrl, fetch: async () => answer() });

/** Waits until all of these are collected, for at most twenty collections. */
async function assertCollected(dropped: readonly WeakRef<object>[]): Promise<void> {
  let left = dropped.length;
  for (let tries = 0; left > 0 && tries < 20; tries++) {
    await turn();
    collectGarbage();
    left = dropped.filter((reference) => reference.deref() !== undefined).length;
  }
  assert.equal(left, 0, `${left} of ${dropped.length} are still there`);
}

describe("a client that is dropped without close is collected", () => {
  /** What a program does with a client before it drops it. */
  const uses: Record<string, (client: Library.Client, signal: AbortSignal) => unknown> = {
    "never used": () => {},
    "with a token": (client) => client.getToken(),
    "with a request": (client) => client.fetch("/pay", { method: "POST", body: "pay" }),
    "after an abort": async (client) => {
      const controller = new AbortController();
      const left = client.getToken({ signal: controller.signal }).catch(() => {});
      controller.abort();
      await left;
    },
    "with a signal that lives on": async (client, signal) => {
      await client.getToken({ signal });
      await client.fetch("/pay", { signal });
      client.invalidate();
      await client.getToken({ signal });
    },
    "whose method was taken": async ({ getToken }) => {
      await getToken();
    },
  };
  for (const [name, use] of Object.entries(uses)) {
    for (const more of [{}, { requestTimeoutMs: 60_000 }]) {
      test([name, ...Object.keys(more)].join(", "), async () => {
        const { signal } = new AbortController();
        // A function of its own: its caller's frame would keep the last client.
        const makeAndDrop = async () => {
          const store = stores.memoryStore();
          const client = lib.createClient({ ...options(), store, ...more });
          await use(client, signal);
          return [new WeakRef(client), new WeakRef(store)];
        };
        const dropped: WeakRef<object>[] = [];
        for (let made = 0; made < 20; made++) {
          dropped.push(...(await makeAndDrop()));
        }
        await assertCollected(dropped);
        assert.equal(signal.aborted, false);
      });
    }
  }

  test("of a coordinator", async () => {
    const makeAndDrop = async () => {
      const namespace = namespaceOf(() => new Response("{}"));
      const client = cloudflare.coordinatorClient(namespace, { baseUrl });
      await assert.rejects(client.getToken(), { code: "P4P_BAD_RESPONSE" });
      return new WeakRef(client);
    };
    const dropped: WeakRef<object>[] = [];
    for (let made = 0; made < 20; made++) {
      dropped.push(await makeAndDrop());
    }
    await assertCollected(dropped);
  });

  test("and a token that a client has dropped, although the client knows it from then on", async () => {
    let tokens = 0;
    const client = lib.createClient({
      ...options(),
      store: { get: async () => null, set: async () => {}, delete: async () => {} },
      async fetch() {
        tokens += 1;
        const token = `${TOKEN}-${tokens}`;
        return new Response(accepted({ token, expiresAt: 4_102_444_800 }));
      },
    });
    const getAndDrop = async () => {
      const token = await client.getToken();
      client.invalidate(token);
      return new WeakRef(token);
    };
    const dropped: WeakRef<object>[] = [];
    for (let made = 0; made < 20; made++) {
      dropped.push(await getAndDrop());
    }
    await client.getToken();
    await assertCollected(dropped);
    client.close();
  });

  test("but not one that somebody waits for", async () => {
    let give = (_: Response) => {};
    const held = new Promise<Response>((resolve) => {
      give = resolve;
    });
    const waits = lib.createClient({ ...options(), fetch: () => held }).getToken();
    for (let tries = 0; tries < 5; tries++) {
      await turn();
      collectGarbage();
    }
    give(answer());
    assert.equal((await waits).value, TOKEN);
  });
});

/** A namespace whose object exchanges the keys, by the service that `globalThis.fetch` stands for. */
async function withCoordinator(
  run: (namespace: Cloudflare.CoordinatorNamespace) => Promise<void>,
): Promise<void> {
  const real = globalThis.fetch;
  globalThis.fetch = async () => answer();
  try {
    const object = newCoordinator(cloudflare, tokenUrl);
    const get = () => ({
      fetch: (to: unknown, init: unknown) =>
        object.fetch(new Request(to as string, init as object)),
    });
    await run({ idFromName: () => "", get } as unknown as Cloudflare.CoordinatorNamespace);
  } finally {
    globalThis.fetch = real;
  }
}

const payment = { fetch: async () => new Response("fine") };

test("options of a coordinator's client work in every shape, and each is read once", async () => {
  await withCoordinator(async (namespace) => {
    const given = { name: "one", baseUrl, requestTimeoutMs: 60_000, onEvent() {}, waitUntil() {} };
    const all: Record<string, unknown> = { ...given, ...payment };
    const reads: Record<string, number> = {};
    const getters = Object.entries(all).map(([name, value]) => [
      name,
      {
        get() {
          reads[name] = (reads[name] ?? 0) + 1;
          return reads[name] === 1 ? value : Symbol("another");
        },
      },
    ]);
    for (const shape of [
      Object.freeze({ ...all }),
      Object.assign(Object.create(null), all),
      new Proxy(all, {}),
      Object.defineProperties({}, Object.fromEntries(getters)),
    ]) {
      const client = cloudflare.coordinatorClient(namespace, shape as never);
      assert.equal((await client.getToken()).value, TOKEN);
      assert.equal(await (await client.fetch("/pay")).text(), "fine");
      client.close();
    }
    assert.deepEqual(reads, Object.fromEntries(Object.keys(all).map((name) => [name, 1])));
    for (const name of Object.keys(all)) {
      const get = () => {
        throw new Error(KEYS.privateKey);
      };
      const bad = Object.defineProperty({ ...all }, name, { get });
      assert.throws(() => cloudflare.coordinatorClient(namespace, bad as never), {
        code: "P4P_INVALID_OPTIONS",
        message: `\`${name}\` must be readable, found a getter that throws`,
      });
    }
  });
});

test("a name on Object.prototype is no option of a coordinator's client", async () => {
  const names = ["name", "baseUrl", "fetch", "requestTimeoutMs", "onEvent", "waitUntil", "init"];
  await withCoordinator(async (namespace) => {
    const sent: unknown[] = [];
    const fetch = async (to: unknown, init?: object) => {
      sent.push([to, Object.keys(init ?? {})]);
      return new Response("fine");
    };
    const run = async () => {
      const client = cloudflare.coordinatorClient(namespace, { baseUrl, fetch });
      assert.equal((await client.getToken()).value, TOKEN);
      await client.fetch("/pay");
      client.close();
      return sent.splice(0);
    };
    const usual = await run();
    for (const name of names) {
      for (const value of ["elsewhere", 7, () => ({ proxy: "http://127.0.0.1:9/" })]) {
        Object.defineProperty(Object.prototype, name, { value, configurable: true });
        try {
          assert.deepEqual(await run(), usual, name);
        } finally {
          Reflect.deleteProperty(Object.prototype, name);
        }
      }
    }
  });
});

test("a coordinator's client and its object show no token and no key", async () => {
  await withCoordinator(async (namespace) => {
    const events: unknown[] = [];
    const client = cloudflare.coordinatorClient(namespace, {
      baseUrl,
      ...payment,
      onEvent: (event) => events.push(event),
    });
    const token = await client.getToken();
    assert.equal(token.value, TOKEN);
    const object = newCoordinator(cloudflare, tokenUrl);
    for (const value of [client, client.state(), token, events, { ...client }, object]) {
      expectHidden(value, TOKEN, KEYS.privateKey);
    }
    client.close();
  });
});

test("stores show nothing but what is sealed", async () => {
  const kept = new Map<string, unknown>();
  const namespace = {
    get: async (key: string) => kept.get(key) ?? null,
    put: async (key: string, value: string) => void kept.set(key, value),
    delete: async (key: string) => void kept.delete(key),
  };
  const storage = {
    getItem: namespace.get,
    setItem: namespace.put,
    removeItem: namespace.delete,
  };
  for (const store of [
    stores.memoryStore(),
    stores.unstorageStore(storage as never),
    cloudflare.kvStore(namespace as never),
  ]) {
    const client = lib.createClient({ ...options(), store });
    await client.getToken();
    for (const value of [store, kept, { ...store }]) {
      expectHidden(value, TOKEN, KEYS.privateKey);
    }
    client.close();
  }
  assert.ok(kept.size > 0);
});
