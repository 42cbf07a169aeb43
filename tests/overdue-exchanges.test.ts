// Exchanges that are overdue: another exchange ends them, or on Workers leaves them behind, and replaces the core after
// many. Node stands in for Workers, so that each step waits for the test. `tests/left-behind.test.ts` shows the same in
// workerd.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, before, beforeEach, test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import type * as Library from "pay4power-auth";
import { root } from "../scripts/project.mjs";
import { FakeService, StandIns } from "./support/fake-service.ts";
import { requireOf } from "./support/installed.ts";
import { until } from "./support/until.ts";

const source = readFileSync(join(root, "npm", "client", "running-exchanges.ts"), "utf8");
/** After so many that were left behind, the core is replaced. */
const MOST = Number(
  /MAX_LEFT_BEHIND = ([\d_]+);/.exec(source)?.[1]?.replaceAll("_", "") ?? assert.fail("no most"),
);
/** How long an attempt may take, and how late its exchange may report. */
const [ATTEMPT_MS, GRACE_MS] = [100, 1_000];

let lib: typeof Library;
let service: FakeService;
/** How many instances of the core were made. */
let made = 0;
let nowMs: number;
let timers: { readonly ring: () => void; readonly ms: number }[];
const globals = new StandIns();

before(async () => {
  const require = await requireOf("overdue-exchanges");
  const { Instance } = WebAssembly;
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports);
      made += 1;
    }
  };
  lib = require("pay4power-auth") as typeof Library;
});
beforeEach(() => {
  service = new FakeService();
  nowMs = 1_800_000_000_000;
  timers = [];
  globals.set("performance", { now: () => nowMs, timeOrigin: 1 });
  globals.set("setTimeout", (ring: () => void, ms: number) => {
    timers.push({ ring, ms });
    return timers.length;
  });
  globals.set("clearTimeout", () => {});
});
afterEach(() => globals.restore());

const workers = () => globals.set("navigator", { userAgent: "Cloudflare-Workers" });

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

test("overdue exchanges end when another one begins, a second after their time at the earliest", async () => {
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

test("overdue exchanges end also if an earlier one has ended between", async () => {
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

test("overdue exchanges are left alone on Workers, and end if their request is there after all", async () => {
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

test("overdue exchanges never replace the core elsewhere than on Workers: nothing is left behind", async () => {
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
  const client = lib.createClient({
    ...service.options,
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

test("overdue exchanges lose no token that a client gets meanwhile", async () => {
  const answer = () => service.fetch(service.options.tokenUrl);
  const { client, code, calls, before } = await lastClient(answer);
  assert.equal(code, "a token");
  await succeed();
  assert.equal(made, before + 1);
  await client.getToken();
  assert.equal(calls(), 1);
  client.close();
});

test("overdue exchanges forget no rejection of keys that comes meanwhile", async () => {
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

test(`overdue exchanges get another core after ${MOST} of them, once no exchange is under way`, async () => {
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

test("overdue exchanges get no other core while the core calls a fetch", async () => {
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
