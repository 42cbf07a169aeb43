// What a coordinator's client tells the object about the answers to its requests, and what the object does at an alarm.
// Many requests share a token, but each fact is told once.
import assert from "node:assert/strict";
import { afterEach, before, beforeEach, describe, test } from "node:test";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { accepted } from "./portable/harness.ts";
import { askObject, hashOf, loadCloudflare, newCoordinator } from "./support/coordinator.ts";
import { until } from "./support/until.ts";

const HOUR_MS = 3_600_000;
const BASE_URL = "https://api.example";

let lib: typeof Cloudflare;
before(async () => {
  lib = await loadCloudflare("coordinator-reports");
});

type Message = Readonly<Record<string, unknown>>;

describe("a coordinator's client", () => {
  let messages: Message[];
  /** The values of the tokens that the service accepts. */
  let accepts: Set<string>;
  let tokens: number;
  /** Holds back the answer to a report until it resolves. */
  let reportDone: Promise<unknown>;
  /** Holds back the answers of the service until it resolves. */
  let answersReady: Promise<unknown>;
  let sent: string[];
  let client: ReturnType<typeof Cloudflare.coordinatorClient>;

  beforeEach(() => {
    messages = [];
    sent = [];
    accepts = new Set();
    tokens = 0;
    reportDone = Promise.resolve();
    answersReady = Promise.resolve();
    const object = {
      async fetch(_address: string, init: { readonly body?: unknown }) {
        const message = JSON.parse(String(init.body)) as Message;
        messages.push(message);
        if (message["type"] !== "token") {
          await reportDone;
          return Response.json({});
        }
        tokens += 1;
        const token = {
          value: `opaque-${tokens}`,
          lifetimeMs: HOUR_MS,
          statedEndMs: Date.now() + HOUR_MS,
          issuedAtMs: null,
          claims: null,
          correlationId: null,
        };
        return Response.json({ token, endsInMs: HOUR_MS });
      },
    };
    const namespace = { idFromName: () => "", get: () => object };
    client = lib.coordinatorClient(namespace as never, {
      baseUrl: BASE_URL,
      fetch: async (_, init) => {
        const value = new Headers(init?.headers).get("Authorization")?.slice("Bearer ".length);
        sent.push(String(value));
        await answersReady;
        return new Response(null, { status: accepts.has(String(value)) ? 200 : 401 });
      },
    });
  });
  afterEach(() => client.close());

  const reports = () =>
    messages.flatMap(({ type, ...report }) => (type === "replayed" ? [report] : []));
  const requests = (many: number) =>
    Promise.all(Array.from({ length: many }, async () => (await client.fetch("/pay")).status));
  const stream = () => new Response("pay").body;
  const payOnce = () =>
    client.fetch("/pay", { method: "POST", body: stream(), duplex: "half" } as RequestInit);

  test("tells once that a replay was accepted, whoever made it", async () => {
    await client.getToken();
    accepts = new Set(["opaque-2"]);
    assert.deepEqual(new Set(await requests(10)), new Set([200]));
    const accepted = { unauthorized: false, isDropped: false };
    assert.deepEqual(reports(), [{ hash: hashOf("opaque-2"), ...accepted }]);
    accepts = new Set(["opaque-3"]);
    assert.deepEqual(new Set(await requests(10)), new Set([200]));
    assert.deepEqual(reports().slice(1), [{ hash: hashOf("opaque-3"), ...accepted }]);
  });

  test("tells once that a new token was rejected too", async () => {
    await client.getToken();
    assert.deepEqual(new Set(await requests(10)), new Set([401]));
    assert.deepEqual(reports(), [
      { hash: hashOf("opaque-2"), unauthorized: true, isDropped: false },
    ]);
    assert.equal((await client.fetch("/pay")).status, 401);
    assert.equal(reports().length, 1, "a replay is withheld");
  });

  test("tells of a token that it has dropped before the caller gets the 401", async () => {
    await client.getToken();
    let isTold = () => {};
    reportDone = new Promise<void>((resolve) => {
      isTold = resolve;
    });
    let status: number | undefined;
    const answer = payOnce().then((response) => {
      status = response.status;
    });
    await until(() => reports().length > 0);
    await client.getToken();
    assert.equal(status, undefined);
    isTold();
    await answer;
    assert.equal(status, 401);
    assert.deepEqual(reports(), [
      { hash: hashOf("opaque-1"), unauthorized: true, isDropped: true },
    ]);
    assert.deepEqual(sent, ["opaque-1"]);
  });

  test("names each rejected token once in its next question, until that has expired", async () => {
    const { now } = Date;
    let go = () => {};
    answersReady = new Promise<void>((resolve) => {
      go = resolve;
    });
    try {
      // Their 401s arrive late, those of the first token before and after those of the second.
      await client.getToken();
      const first = [payOnce()];
      client.invalidate();
      await client.getToken();
      const second = payOnce();
      first.push(payOnce());
      client.invalidate();
      await client.getToken();
      go();
      await Promise.all([...first, second]);
      client.invalidate();
      await client.getToken();
      const hashes = ["opaque-1", "opaque-2", "opaque-3"].map(hashOf);
      assert.deepEqual(messages.findLast(({ type }) => type === "token")?.["rejected"], hashes);
      Date.now = () => now() + 2 * HOUR_MS;
      await client.getToken();
      assert.deepEqual(messages.findLast(({ type }) => type === "token")?.["rejected"], []);
    } finally {
      Date.now = now;
    }
  });
});

test("at an alarm the object waits for the refresh that is due, and sets the alarm for the next one", async () => {
  const { now } = Date;
  let aheadMs = 0;
  Date.now = () => now() + aheadMs;
  try {
    let tokens = 0;
    const fetch = async () => {
      tokens += 1;
      const expiresAt = Math.floor((Date.now() + HOUR_MS) / 1_000);
      return new Response(accepted({ token: `opaque-${tokens}`, expiresAt }));
    };
    const alarms: number[] = [];
    const object = newCoordinator(lib, "https://api.example/token", { fetch }, { alarms });
    await askObject(object);
    aheadMs = HOUR_MS * 0.85;
    alarms.length = 0;
    await object.alarm();
    assert.equal(tokens, 2);
    assert.ok(alarms.length > 0);
    await object.alarm(); // and no refresh is due
    assert.equal(tokens, 2);
    for (const atMs of alarms) {
      assert.ok(atMs > Date.now() + HOUR_MS / 2, "not before the next refresh is due");
    }
  } finally {
    Date.now = now;
  }
});
