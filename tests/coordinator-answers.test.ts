// The answers of a coordinator's object: its client checks each, and shows no secret of one.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inspect } from "node:util";
import { runInNewContext } from "node:vm";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { jwt } from "./portable/harness.ts";
import {
  askObject,
  type ErrorRecord,
  loadCloudflare,
  namespaceOf,
  newCoordinator,
} from "./support/coordinator.ts";

let sandbox: Sandbox;
let lib: typeof Cloudflare;

before(async () => {
  sandbox = await startSandbox();
  lib = await loadCloudflare("coordinator-answers");
});
after(() => sandbox.close());

describe("what an object answers is checked", () => {
  const HOUR_MS = 3_600_000;
  let good: { token: Record<string, unknown>; endsInMs: number; tookMs: number };
  before(async () => {
    good = (await askObject(newCoordinator(lib, sandbox.tokenUrl))) as typeof good;
  });

  /** What a client makes of the answers of an object, and how often it asked. */
  async function ask(answer: () => Response | Promise<Response>) {
    let asked = 0;
    let sent: string | null = null;
    const namespace = namespaceOf(() => {
      asked += 1;
      return answer();
    });
    const client = lib.coordinatorClient(namespace, {
      baseUrl: sandbox.baseUrl,
      fetch: async (_: unknown, init?: RequestInit) => {
        sent = new Headers(init?.headers).get("Authorization");
        return new Response();
      },
    });
    try {
      await client.fetch("/services");
      return { sent, asked, token: await client.getToken() };
    } catch (error) {
      return { sent, asked, error: error as AuthError };
    } finally {
      client.close();
    }
  }
  interface AuthError extends ErrorRecord {
    readonly name: string;
    readonly retryable: boolean;
    readonly status: unknown;
    readonly correlationId: unknown;
    readonly retryAfterMs: unknown;
    readonly errors: unknown;
    readonly cause?: unknown;
    toJSON(): unknown;
  }
  const json = (value: unknown) => () => Response.json(value);
  const other = (members: object) => json({ ...good, token: { ...good.token, ...members } });

  test("a good one is handed out, also an opaque token, and one of an earlier version", async () => {
    for (const answer of [
      json(good),
      json({ token: good.token, endsInMs: good.endsInMs }),
      other({ value: "opaque+/~token==", claims: null, issuedAtMs: null, correlationId: null }),
      // A claim that the token has and the record lacks: both have no environment.
      other({ value: jwt({ environment: "" }), claims: null }),
      json({ ...good, more: 1 }),
    ]) {
      const { sent, token, error } = await ask(answer);
      assert.equal(error, undefined);
      assert.equal(sent, token?.authorization);
      assert.ok(token && token.expiresInMs() > HOUR_MS - 60_000);
    }
  });

  test("one that is none is P4P_BAD_RESPONSE, at once, and nothing is sent with it", async () => {
    const tokens = [
      ...[null, undefined, "", "a b", "a\r\nX: y", "ü", 1, {}, [], true, "x".repeat(16_385)].map(
        (value) => ({ value }),
      ),
      ...[null, "1", {}, -1e300, 0].map((statedEndMs) => ({ statedEndMs })),
      // When it was answered, the service's clock was at 0 or before.
      ...[1_000, good.endsInMs - good.tookMs].map((statedEndMs) => ({
        ...{ value: "opaque", claims: null, issuedAtMs: null },
        statedEndMs,
      })),
      ...[null, "1", 0, -1].map((lifetimeMs) => ({ lifetimeMs })),
    ];
    const answers = [
      ...[null, 1, "token", [], {}, true].map(json),
      ...[null, 1, "token", [], {}].map((token) => json({ ...good, token })),
      ...tokens.map(other),
      json({
        ...good,
        token: { ...good.token, value: "a b", claims: { environment: { toString: 1 } } },
      }),
      ...[null, "1", {}, 1e300, 1e13].map((endsInMs) => json({ ...good, endsInMs })),
      json({ token: good.token }),
      ...[null, "1", {}, -1e300].map((tookMs) => json({ ...good, tookMs })),
      ...[null, 1, "P4P_NETWORK", {}].map((error) => json({ error })),
      ...[1, "OTHER", "A_P4P_CODE", "P4P_CODE-2"].map((code) => json({ error: { code } })),
    ];
    for (const answer of answers) {
      const about = await answer().text();
      const { sent, error, asked } = await ask(answer);
      assert.equal(error?.code, "P4P_BAD_RESPONSE", about.slice(0, 200));
      assert.equal(
        error.message,
        "expected a token or an error as the coordinator's answer, found another",
      );
      assert.equal(error.retryable, false);
      assert.equal(asked, 1);
      assert.equal(sent, null);
    }
  });

  test("what is no JSON is asked for again", async () => {
    let times = 0;
    const { asked, error, sent } = await ask(() => {
      times += 1;
      return times === 1 ? new Response("<html>", { status: 500 }) : Response.json(good);
    });
    assert.equal(error, undefined);
    assert.equal(asked, 2);
    assert.match(String(sent), /^Bearer eyJ/);
  });

  test("an error is told with all its members", async () => {
    const members = { status: 429, statusCode: 42, correlationId: "id", retryAfterMs: 30_000 };
    const none = { status: 0, statusCode: 0, correlationId: "", retryAfterMs: 0 };
    for (const more of [
      { retryable: true, errors: ["slow down"], ...members },
      { retryable: false, errors: [], ...none },
    ]) {
      const told = { name: "AuthError", code: "P4P_RATE_LIMITED", message: "too many", ...more };
      const { error, asked } = await ask(json({ error: told }));
      assert.deepEqual(error?.toJSON(), told);
      assert.equal(asked, 1);
    }
  });

  test("of an error only members of the right type are taken", async () => {
    for (const odd of [undefined, null, {}, "7", -1, [], { toString: 1 }]) {
      const members = { message: odd, retryable: odd, status: odd, correlationId: odd };
      const error = { code: "P4P_RATE_LIMITED", ...members, retryAfterMs: odd, errors: odd };
      const { error: told, asked } = await ask(json({ error }));
      assert.equal(told?.code, "P4P_RATE_LIMITED");
      assert.equal(asked, 1);
      assert.equal(told.message, odd === "7" ? odd : "expected a token, found an error");
      assert.equal(told.retryable, false);
      assert.equal(told.status, null);
      assert.ok(told.correlationId === null || told.correlationId === "7");
      assert.ok(told.retryAfterMs === null || Number(told.retryAfterMs) >= 0);
      assert.deepEqual(told.errors, []);
      told.toJSON();
    }
    for (const odd of [undefined, null, 7, "text", [], { name: {}, code: [] }]) {
      const { error } = await ask(json({ error: { code: "P4P_NETWORK", cause: odd } }));
      assert.equal(error?.cause, undefined);
    }
    const error = { code: "P4P_OF_A_LATER_VERSION", message: "of a later version" };
    assert.equal((await ask(json({ error }))).error?.code, error.code);
  });

  test("of the cause of an error the name and the code are taken", async () => {
    const cause = { name: "AuthError", code: "P4P_INVALID_OPTIONS", message: "not taken" };
    const { error } = await ask(json({ error: { code: "P4P_CREDENTIALS_REJECTED", cause } }));
    assert.ok(error?.cause instanceof Error);
    const { name, message } = error.cause;
    const { code } = error.cause as { readonly code?: unknown };
    assert.deepEqual({ name, code, message }, { name: "AuthError", code: cause.code, message: "" });
  });

  test("an AuthError of another copy of the package, with which the binding rejects, is a failure", async () => {
    const none = { status: null, statusCode: null, correlationId: null, retryAfterMs: null };
    for (const other of [new Error("no"), runInNewContext("new Error('no')") as Error]) {
      Object.assign(other, { code: "P4P_CLOSED", retryable: false, errors: [], ...none });
      Object.defineProperty(other, Symbol.for("pay4power-auth/AuthError"), { value: true });
      const { asked, error } = await ask(() => Promise.reject(other));
      assert.deepEqual(
        [error?.name, error?.code, error?.message],
        ["AuthError", "P4P_CLOSED", "no"],
      );
      assert.equal(asked, 1);
    }
  });

  test("an overloaded object is not asked again, and the message says that it is overloaded", async () => {
    const overloaded = Object.assign(new Error("busy"), { overloaded: true });
    const busy = await ask(() => Promise.reject(overloaded));
    assert.equal(busy.error?.code, "P4P_SERVICE_UNAVAILABLE");
    assert.match(busy.error.message, /found that its object is overloaded$/);
    assert.equal(busy.error.retryable, true);
    assert.equal(busy.asked, 1);
  });
});

describe("an object that names the token which its client held last", () => {
  test("has its error shown without it", async () => {
    const value = "opaque/token+of==the-client";
    const nowMs = Date.now();
    const token = { value, claims: null, statedEndMs: nowMs + 3_600_000, lifetimeMs: 3_600_000 };
    const named = `for ${value} and ${JSON.stringify(value).replaceAll("/", "\\/")}`;
    const error = {
      code: "P4P_RATE_LIMITED",
      message: named,
      correlationId: value,
      errors: [value],
      cause: { name: "Error", code: value },
    };
    const overloaded = Object.assign(new Error(named), { overloaded: true });
    for (const [fail, message] of [
      [() => Response.json({ error }), "[redacted]"],
      [
        () => Promise.reject(overloaded),
        "expected an answer of the coordinator, found that its object is overloaded",
      ],
    ] as const) {
      const answers = [() => Response.json({ token, endsInMs: 3_600_000, tookMs: 0 }), fail];
      const namespace = namespaceOf(() => (answers.shift() ?? fail)());
      const events: unknown[] = [];
      const client = lib.coordinatorClient(namespace, {
        baseUrl: "https://api.example",
        onEvent: (event) => events.push(event),
      });
      assert.equal((await client.getToken()).value, value);
      client.invalidate();
      const told: unknown = await client.getToken().catch((thrown: unknown) => thrown);
      const options = { depth: null, showHidden: true, getters: true } as const;
      const shown =
        inspect([told, events, client.state()], options) + JSON.stringify([told, events]);
      assert.match(shown, /P4P_(RATE_LIMITED|SERVICE_UNAVAILABLE)/);
      const { message: shownMessage, errors } = told as ErrorRecord & { errors: unknown };
      assert.deepEqual([shownMessage, errors], [message, []]);
      assert.ok(!shown.includes(value) && !shown.includes("opaque"), shown);
      client.close();
    }
  });
});
