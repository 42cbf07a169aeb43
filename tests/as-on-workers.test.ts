// What a client does on Workers, where a promise and a timer belong to the request that made them. Node stands in for
// Workers, so that each step waits for the test. `tests/matrix/leader.test.ts` shows the same in workerd.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type * as Library from "pay4power-auth";
import { FakeService, StandIns } from "./support/fake-service.ts";
import { loadLibrary } from "./support/installed.ts";
import { until } from "./support/until.ts";

let lib: typeof Library;
let service: FakeService;
const globals = new StandIns();

before(async () => {
  lib = await loadLibrary("as-on-workers");
});
beforeEach(() => {
  service = new FakeService();
});
afterEach(() => globals.restore());

const workers = () => globals.set("navigator", { userAgent: "Cloudflare-Workers" });
const clientOf = (options: Partial<Library.ClientOptions> = {}) =>
  lib.createClient({
    ...service.options,
    fetch: service.fetch,
    dangerouslyAllowBrowser: true,
    ...options,
  });

test("calls share one promise only where requests may share one", async () => {
  const runtimes: [name: string, standIn: () => void, isShared: boolean][] = [
    ["Node", () => {}, true],
    ["Node 20", () => globals.set("navigator", undefined), true],
    ["Deno", () => globals.set("Deno", {}), true],
    ["Bun", () => globals.set("Bun", {}), true],
    ["Workers", workers, false],
    ["the edge runtime", () => globals.set("EdgeRuntime", "edge-runtime"), false],
    ["an unknown runtime", () => globals.set("process", undefined), false],
    ["a page with a `process` of its bundler", () => globals.set("process", { env: {} }), false],
  ];
  for (const [name, standIn, isShared] of runtimes) {
    standIn();
    const client = clientOf();
    const token = await client.getToken();
    const [one, other] = [client.getToken(), client.getToken()];
    globals.restore();
    assert.equal(one === other, isShared, name);
    assert.deepEqual(await Promise.all([one, other]), [token, token], name);
    client.close();
  }
});

describe("a client that another request closes", () => {
  interface Interval {
    readonly check: () => void;
    readonly ms: number;
  }
  const intervals = new Map<object, Interval>();
  beforeEach(() => {
    intervals.clear();
    globals.set("setInterval", (check: () => void, ms: number) => {
      const id = {};
      intervals.set(id, { check, ms });
      return id;
    });
    globals.set("clearInterval", (id: object) => intervals.delete(id));
  });

  /** A client whose exchange waits for an answer that never comes, and the signal of the request. */
  async function exchanging() {
    const signals: AbortSignal[] = [];
    const client = clientOf({
      fetch: (_, init) => {
        signals.push(init?.signal as AbortSignal);
        return new Promise(() => {});
      },
    });
    let code: string | undefined;
    client.getToken().then(
      () => assert.fail("a token"),
      (error: Library.AuthError) => {
        code = error.code;
      },
    );
    await until(() => signals.length > 0);
    return { client, code: () => code, signal: signals[0] as AbortSignal };
  }

  test("on Workers its leader looks every 100 ms, and ends its own exchange", async () => {
    workers();
    const { client, code, signal } = await exchanging();
    const [{ check, ms } = assert.fail("no interval")] = intervals.values();
    assert.equal(ms, 100);
    check();
    await turn();
    assert.equal(signal.aborted, false);
    client.close();
    await turn();
    assert.equal(signal.aborted, false, "only the request that leads may abort it");
    check();
    await turn();
    assert.equal(code(), "P4P_CLOSED");
    assert.equal(signal.aborted, true);
    assert.equal(intervals.size, 0);
  });

  test("elsewhere the exchange ends at once, and nobody looks", async () => {
    const { client, code, signal } = await exchanging();
    assert.equal(intervals.size, 0);
    client.close();
    await turn();
    assert.equal(code(), "P4P_CLOSED");
    assert.equal(signal.aborted, true);
  });

  test("on Workers nobody looks any more when the exchange has ended", async () => {
    workers();
    const release = service.holdTokens();
    const client = clientOf();
    const token = client.getToken();
    assert.equal(intervals.size, 1);
    release();
    await token;
    assert.equal(intervals.size, 0);
    client.close();
  });

  test("on Workers nobody hears of a failure after that", async () => {
    workers();
    const told: string[] = [];
    const client = clientOf({
      retries: 0,
      async fetch() {
        client.close();
        return new Response(null, { status: 503 });
      },
      onEvent: ({ type }) => told.push(type),
    });
    await assert.rejects(client.getToken(), { code: "P4P_CLOSED" });
    assert.deepEqual(told, ["exchange.start"]);
  });

  test("where the platform allows no interval, the exchange is made without one", async () => {
    workers();
    globals.set("setInterval", () => {
      throw new TypeError("no timers in the global scope");
    });
    const client = clientOf();
    await client.getToken();
    client.close();
  });
});
