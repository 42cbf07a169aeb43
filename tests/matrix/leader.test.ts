// On Workers a request that leads an exchange may end before the exchange does, and takes its
// network connections with it. Those who wait for it, and all who come later, must not hang or fail.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "../../scripts/build.ts";
import { root } from "../../scripts/project.mjs";
import { startWorker, type Worker } from "../../scripts/workerd.ts";
import { type ScriptServer, startScriptServer } from "../support/script-server.ts";
import { newest, ofMiniflare, onBuild, type Workerd } from "../support/workerds.ts";
import { consumer } from "./tools.ts";

const WAITERS = 20;
/** Longer than a test may take: who waits for that hangs. */
const LONG_MS = 55_000;
/** Short enough to wait for, where workerd does not say that a leader is gone. */
const SHORT_MS = 1_000;

interface Leaving {
  readonly how: string;
  readonly query: string;
  /** Whether what it asks has arrived by then, and is held. */
  readonly isHeld?: boolean;
}
const LEAVES: readonly Leaving[] = [
  { how: "returns at once", query: "" },
  { how: "throws at once", query: "&throws" },
  { how: "returns meanwhile", query: "", isHeld: true },
  { how: "throws meanwhile", query: "&throws", isHeld: true },
];
/** What the leader waits for when it leaves: the service, a store, or a coordinator. */
const KINDS = ["service", "store", "coordinator"] as const;
type Kind = (typeof KINDS)[number];

/** A coordinator's answer. */
const COORDINATED = JSON.stringify({
  token: {
    value: "token",
    lifetimeMs: 3_600_000,
    statedEndMs: Date.now() + 3_600_000,
    issuedAtMs: null,
    claims: null,
    correlationId: "coordinated",
  },
  endsInMs: 3_600_000,
});

/** What workerd says of promises, and of requests, that other requests have to do with. */
const WARNING = /promise|different request|request context|on behalf of/i;

let entry: string;
let service: ScriptServer;
let clients = 0;
before(async () => {
  const files = { "worker.ts": join(root, "tests", "support", "leader-worker.ts") };
  entry = join(consumer("leader", await build(), files), "worker.ts");
  service = await startScriptServer();
});
after(() => service.close());

for (const workerd of [newest, ofMiniflare]) {
  for (const flag of ["", "no_handle_cross_request_promise_resolution"]) {
    describe(`workerd ${workerd.version}, ${workerd.newestDate} ${flag}`.trim(), () => {
      leaders(workerd, flag);
    });
  }
}

function leaders(workerd: Workerd, flag: string): void {
  /** Whether a request that waits for a promise of one that has ended is told so. */
  const isTold = workerd === newest && flag === "";
  const timeoutMs = isTold ? LONG_MS : SHORT_MS;
  const printed: string[] = [];
  let worker: Worker;

  before(async () => {
    const start = () =>
      startWorker({
        entry,
        bindings: {},
        compatibilityDate: workerd.newestDate,
        compatibilityFlags: flag === "" ? [] : [flag],
        onOutput: (text) => printed.push(text),
      });
    worker = await onBuild(workerd, start);
  });
  after(() => worker.worker.dispose());

  async function ask(path: string) {
    const signal = AbortSignal.timeout(LONG_MS);
    const response = await fetch(new URL(path, worker.url), { signal });
    return { status: response.status, text: await response.text() };
  }

  /** A client. What it asks is held until it is released. */
  function client(kind: Kind) {
    const id = `leader-${++clients}`;
    const answer = kind === "coordinator" ? { body: COORDINATED } : { lifetimeS: 3_600 };
    const url = addressOf(id, { ...answer, held: true });
    const query = new URLSearchParams({ id, url, kind, timeoutMs: `${timeoutMs}` });
    const get = (path: string, more = "") => ask(`${path}?${query}${more}`);
    let waiting = 0;
    return {
      get,
      called: () => service.called(id),
      release: () => service.release(id),
      /** Requests that wait for a token, as soon as all of them do. */
      async wait(many = WAITERS) {
        waiting += many;
        const answers = Promise.all(Array.from({ length: many }, () => get("/token")));
        while ((await get("/waiting")).text !== `${waiting}`) {}
        return { answers };
      },
      /** A request that leads. Once it does, or has left, what has it leave and waits for that. */
      async lead({ query, isHeld }: Leaving, more = "") {
        const gate = `${id}-gate`;
        const until = encodeURIComponent(addressOf(gate, { held: true }));
        const left = get("/leave", `${query}${more}${isHeld ? `&until=${until}` : ""}`);
        await (isHeld ? service.called(id) : left);
        return async () => {
          service.release(gate);
          assert.equal((await left).status, query === "" ? 200 : 500);
        };
      },
      async starts() {
        const events = JSON.parse((await get("/events")).text) as string[];
        return events.filter((event) => /^exchange\.start \w+ 1$/.test(event));
      },
    };
  }

  for (const kind of KINDS) {
    describe(kind, { concurrency: true }, () => {
      for (const leaving of LEAVES) {
        test(`a leader ${leaving.how}: one of those who wait leads`, async () => {
          const { get, lead, wait, release, starts } = client(kind);
          const leave = await lead(leaving);
          const { answers } = await wait();
          await leave();
          let areAnswered = false;
          answers.finally(() => {
            areAnswered = true;
          });
          const isNext = (event: string) => event === "exchange.start abandoned 1";
          while (!((await starts()).some(isNext) || areAnswered)) {}
          release();
          assertServed([...(await answers), await get("/token")]);
          assert.equal((await starts()).filter(isNext).length, 1);
        });

        test(`a leader ${leaving.how}, with waitUntil: its exchange serves all`, async () => {
          const { get, lead, wait, release, starts, called } = client(kind);
          const leave = await lead(leaving, "&waitUntil");
          const { answers } = await wait();
          await leave();
          await called();
          release();
          assertServed([...(await answers), await get("/token")]);
          assert.deepEqual(await starts(), ["exchange.start absent 1"]);
        });

        test(`a leader ${leaving.how}, and another request closes the client`, async () => {
          const { get, lead, wait } = client(kind);
          const leave = await lead(leaving);
          await leave();
          const { answers } = await wait();
          await get("/close");
          assertClosed([...(await answers), await get("/token")]);
        });
      }

      test("a leader has gone, and nobody waits when another request closes the client", async () => {
        const { get, lead } = client(kind);
        await lead({ how: "returns at once", query: "" });
        await get("/close");
        assertClosed([await get("/token")]);
      });

      test("another request closes the client of a leader that stays", async () => {
        const { get, wait, called } = client(kind);
        const { answers: leader } = await wait(1);
        await called();
        const { answers } = await wait();
        await get("/close");
        assertClosed([...(await leader), ...(await answers), await get("/token")]);
      });
    });
  }

  test("a request drops a token and returns: the next exchange can tell which one it was", async () => {
    const { get, release } = client("coordinator");
    release();
    assertServed([await get("/token")]);
    await get("/drop");
    assertServed([await get("/token")]);
  });

  test("workerd has not warned of promises of other requests", () => {
    assert.deepEqual(
      printed.filter((text) => WARNING.test(text)),
      [],
    );
  });
}

/** Where all questions are answered like this. */
function addressOf(id: string, answer: object): string {
  const script = encodeURIComponent(JSON.stringify(answer));
  return `${service.url}/answer/${id}?script=${script}`;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function assertServed(answers: readonly Answer[]): void {
  const failed = answers.filter(({ status }) => status !== 200);
  assert.deepEqual(failed, []);
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
}

function assertClosed(answers: readonly Answer[]): void {
  const all = new Set(answers.map(({ text }) => text));
  assert.deepEqual([...all], ['{"code":"P4P_CLOSED"}']);
}
