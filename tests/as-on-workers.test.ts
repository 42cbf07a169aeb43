// What a client does on Workers, where a promise and a timer belong to the request that made them. Node stands in for
// Workers, so that each step waits for the test. `tests/matrix/leader.test.ts` and `tests/left-behind.test.ts` show the
// same in workerd.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type * as Library from "pay4power-auth";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { FakeService, StandIns } from "./support/fake-service.ts";
import { until } from "./support/until.ts";

let lib: typeof Library;
let service: FakeService;
/** How many instances of the core were made. */
let made = 0;
const globals = new StandIns();

before(async () => {
  const folder = makeConsumer(join(root, "target", "consumers", "as-on-workers"), await build());
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      made += 1;
    }
  };
  lib = createRequire(join(folder, "index.cjs"))("pay4power-auth") as typeof Library;
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

describe("exchanges that are overdue", () => {
  const source = readFileSync(join(root, "npm", "client", "running-exchanges.ts"), "utf8");
  /** After so many that were left behind, the core is replaced. */
  const MOST = Number(
    /MAX_LEFT_BEHIND = ([\d_]+);/.exec(source)?.[1]?.replaceAll("_", "") ?? assert.fail("no most"),
  );
  /** How long an attempt may take, and how late its exchange may report. */
  const [ATTEMPT_MS, GRACE_MS] = [100, 1_000];
  let nowMs: number;
  let timers: { readonly ring: () => void; readonly ms: number }[];
  beforeEach(async () => {
    nowMs = 1_800_000_000_000;
    timers = [];
    globals.set("performance", { now: () => nowMs, timeOrigin: 1 });
    globals.set("setTimeout", (ring: () => void, ms: number) => {
      timers.push({ ring, ms });
      return timers.length;
    });
    globals.set("clearTimeout", () => {});
  });

  const options = () => ({
    ...service.options,
    timeoutMs: ATTEMPT_MS,
    deadlineMs: ATTEMPT_MS,
    retries: 0,
  });
  const never = () => new Promise<Response>(() => {});

  /** Begins exchanges that get no answer. Returns how each of them has ended, as far as it has. */
  async function leave(many: number): Promise<unknown[]> {
    const ends: unknown[] = Array.from({ length: many }, () => "pending");
    for (let index = 0; index < many; index++) {
      lib.authenticate({ ...options(), fetch: never }).then(
        () => assert.fail("a token"),
        (error: Library.AuthError) => {
          ends[index] = error.code;
        },
      );
    }
    await turn();
    return ends;
  }
  const succeed = () => lib.authenticate({ ...options(), fetch: service.fetch });

  test("end when another one begins, a second after their time at the earliest", async () => {
    const ends = await leave(2);
    nowMs += ATTEMPT_MS + GRACE_MS - 1;
    await succeed();
    await turn();
    assert.deepEqual(ends, ["pending", "pending"]);
    nowMs += 1;
    const later = await leave(1);
    await turn();
    assert.deepEqual(ends, ["P4P_TIMEOUT", "P4P_TIMEOUT"]);
    assert.deepEqual(later, ["pending"], "that one is not overdue yet");
    nowMs += ATTEMPT_MS + GRACE_MS - 1;
    await succeed();
    await turn();
    assert.deepEqual(later, ["pending"]);
    nowMs += 1;
    await succeed();
    await turn();
    assert.deepEqual(later, ["P4P_TIMEOUT"]);
  });

  test("end also if an earlier one has ended between", async () => {
    const first = await leave(1);
    nowMs += 500;
    const second = await leave(1);
    nowMs += ATTEMPT_MS + GRACE_MS - 500;
    await succeed();
    await turn();
    assert.deepEqual([...first, ...second], ["P4P_TIMEOUT", "pending"]);
    nowMs += 500;
    await succeed();
    await turn();
    assert.deepEqual(second, ["P4P_TIMEOUT"]);
  });

  test("are left alone on Workers, and end if their request is there after all", async () => {
    workers();
    const ends = await leave(1);
    const ofFirst = [...timers];
    nowMs += ATTEMPT_MS + GRACE_MS;
    await succeed();
    await turn();
    assert.deepEqual(ends, ["pending"]);
    const before = made;
    const [watchdog] = ofFirst.filter(({ ms }) => ms === ATTEMPT_MS + GRACE_MS);
    watchdog?.ring();
    await turn();
    assert.deepEqual(ends, ["P4P_TIMEOUT"]);
    await succeed();
    assert.equal(made, before, "the core has not stopped");
  });

  test("elsewhere than on Workers never replace the core: nothing is left behind", async () => {
    await succeed();
    const before = made;
    for (let times = 0; times < 2; times++) {
      await leave(MOST);
      nowMs += ATTEMPT_MS + GRACE_MS;
      await succeed();
    }
    assert.equal(made, before);
  });

  /** A client whose exchange gets `answer` when the core is due to be replaced, as the last one that is under way. */
  async function lastClient(answer: () => Promise<Response> | Response) {
    workers();
    let calls = 0;
    let release = (_: Response) => {};
    const told: string[] = [];
    const client = clientOf({
      timeoutMs: 60_000,
      deadlineMs: 60_000,
      retries: 0,
      fetch: async () => {
        calls += 1;
        return calls > 1
          ? answer()
          : new Promise((resolve) => {
              release = resolve;
            });
      },
      onEvent: ({ type }) => told.push(type),
    });
    const code = client.getToken().then(
      () => "a token",
      (error: Library.AuthError) => error.code,
    );
    await until(() => calls > 0);
    const before = made;
    await leave(MOST);
    nowMs += ATTEMPT_MS + GRACE_MS;
    await succeed();
    assert.equal(made, before, "an exchange is under way");
    release(await answer());
    return { client, code: await code, told, calls: () => calls, before };
  }

  test("lose no token that a client gets meanwhile", async () => {
    const answer = () => service.fetch(service.options.tokenUrl);
    const { client, code, calls, before } = await lastClient(answer);
    assert.equal(code, "a token");
    await succeed();
    assert.equal(made, before + 1);
    await client.getToken();
    assert.equal(calls(), 1);
    client.close();
  });

  test("forget no rejection of keys that comes meanwhile", async () => {
    const answer = () => Response.json({ success: false, statusCode: 401 }, { status: 401 });
    const { client, code, told, calls, before } = await lastClient(answer);
    assert.equal(code, "P4P_CREDENTIALS_REJECTED");
    assert.equal(client.state().circuit, "open");
    assert.ok(told.includes("circuit.open"), told.join());
    assert.equal(calls(), 1);
    client.close();
    await succeed();
    assert.equal(made, before + 1);
  });

  test(`get another core after ${MOST} of them, once no exchange is under way`, async () => {
    workers();
    await succeed();
    let before = made;
    await leave(MOST);
    nowMs += ATTEMPT_MS + GRACE_MS;
    await succeed();
    assert.equal(made, before + 1, "at once, and the count is 0 from here on");

    before = made;
    await leave(MOST - 1);
    nowMs += ATTEMPT_MS + GRACE_MS;
    await succeed();
    await succeed();
    assert.equal(made, before, "one too few");

    let answer = (_: Response) => {};
    const held = lib.authenticate({
      ...service.options,
      timeoutMs: 60_000,
      deadlineMs: 60_000,
      fetch: () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    });
    await leave(1);
    nowMs += ATTEMPT_MS + GRACE_MS;
    await succeed();
    await succeed();
    assert.equal(made, before, "an exchange is under way");
    answer(await service.fetch(service.options.tokenUrl));
    await held;
    await succeed();
    assert.equal(made, before + 1);

    before = made;
    await succeed();
    await leave(MOST - 1);
    nowMs += ATTEMPT_MS + GRACE_MS;
    await succeed();
    await succeed();
    assert.equal(made, before, "the count begins anew");
  });

  test("get no other core while the core calls a fetch", async () => {
    workers();
    await leave(MOST);
    nowMs += ATTEMPT_MS + GRACE_MS;
    await succeed(); // brings the count to 0

    // An exchange between two attempts is left behind, and then its timer rings after all.
    let inner: Promise<Library.Token> | undefined;
    let calls = 0;
    const answers = [
      async () => new Response(null, { status: 503 }),
      () => {
        inner = succeed();
        return never();
      },
    ];
    const late = { ...options(), retries: 1, deadlineMs: 60_000 };
    timers = [];
    void lib.authenticate({
      ...late,
      fetch: () => (answers[calls++] ?? (() => assert.fail("a third call")))(),
    });
    const isOfCore = ({ ring }: (typeof timers)[number]) => "_wbg_cb_unref" in ring;
    await until(() => calls > 0 && timers.filter(isOfCore).length >= 2);
    const wait = timers.findLast(isOfCore);
    nowMs += 10_000;
    await succeed(); // counts it
    await leave(MOST - 1);
    nowMs += ATTEMPT_MS + GRACE_MS;
    const before = made;
    wait?.ring();
    await until(() => inner !== undefined);
    assert.equal((await inner)?.isExpired(), false);
    await succeed();
    assert.equal(made, before + 1);
  });
});
