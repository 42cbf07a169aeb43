// Faults of the sandbox: those that last for a time, those of a payment, and those of an exchange.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { InvalidChanges } from "../sandbox/changes.ts";
import { REFUSALS } from "../sandbox/faults.ts";
import { PAYMENT_PATHS } from "../sandbox/paths.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS, TOKEN_PATHS } from "../sandbox/service.ts";
import { root } from "../scripts/project.mjs";
import { authorize, send, vend, withSandbox } from "./support/sandbox-client.ts";

let sandbox: Sandbox;
let authorization: string;
before(async () => {
  sandbox = await startSandbox();
});
after(() => sandbox.close());
beforeEach(async () => {
  sandbox.control.reset();
  authorization = await authorize(sandbox);
});

const statusOf = async (path: string) => (await send(sandbox, path, { authorization })).status;

test("every answer of the path has the fault for its time, and no other path has it", async () => {
  const { control } = sandbox;
  control.failNext({ status: 503, path: "/services", forMs: 600_000 });
  for (let times = 0; times < 3; times++) {
    assert.equal(await statusOf("/services"), 503);
  }
  assert.equal(await statusOf("/providers"), 200);
  const [{ forMs = 0, ...fault } = {}, ...others] = control.status().faults;
  assert.deepEqual([fault, others], [{ status: 503, path: "/services" }, []]);
  assert.ok(forMs > 0 && forMs < 600_000, `${forMs} ms are left`);
  control.clearFaults();
  assert.equal(await statusOf("/services"), 200);
});

test("the fault ends by itself", async () => {
  sandbox.control.failNext({ status: 503, forMs: 100 });
  assert.equal(await statusOf("/services"), 503);
  while ((await statusOf("/services")) === 503) {
    // The test's own time limit ends this loop if the fault never does.
  }
  assert.deepEqual(sandbox.control.status().faults, []);
});

test("an older fault with a count comes first, and is used up", async () => {
  const { control } = sandbox;
  control.failNext({ status: 429 });
  control.failNext({ status: 503, forMs: 600_000 });
  assert.equal(await statusOf("/services"), 429);
  assert.equal(await statusOf("/services"), 503);
  assert.equal(await statusOf("/services"), 503);
});

test("a time that is not valid, or that comes with a count, is refused", () => {
  const rows: [forMs: unknown, count?: number][] = [[0], [600_001], [1.5], ["5000"], [5_000, 1]];
  for (const [forMs, count] of rows) {
    const failNext = { status: 503, forMs, ...(count && { count }) };
    assert.throws(
      () => sandbox.control.apply({ failNext } as object),
      (error) => error instanceof InvalidChanges && error.message.startsWith("failNext.forMs "),
      JSON.stringify(failNext),
    );
  }
  assert.deepEqual(sandbox.control.status().faults, []);
});

const pay = (reference: string) => send(sandbox, "/vend", { authorization, body: vend(reference) });
const ledger = () =>
  sandbox.control.ledger().map(({ reference, state, times }) => [reference, state, times]);

test("a refusal is no payment, and any other status of a payment is a lost answer", async () => {
  const rows: [status: number, made: boolean][] = [
    ...REFUSALS.map((status): [number, boolean] => [status, false]),
    ...[200, 302, 405, 408, 409, 429, 500, 503].map((status): [number, boolean] => [status, true]),
  ];
  for (const [status, made] of rows) {
    sandbox.control.reset();
    sandbox.control.failNext({ path: "/vend", status });
    assert.equal((await pay("order")).status, status);
    assert.deepEqual(ledger(), made ? [["order", "successful", 1]] : [], String(status));
  }
  sandbox.control.reset();
  sandbox.control.failNext({ path: "/vend", status: 400, when: "after" });
  assert.equal((await pay("order")).status, 400);
  assert.deepEqual(ledger(), [["order", "successful", 1]], "unless the fault says so");
});

test("the refusals are those of README's `pay` and of the Worker, which keeps a 401 to itself", () => {
  const listIn = (file: string, pattern: RegExp) =>
    (pattern.exec(readFileSync(join(root, file), "utf8"))?.[1] ?? "").split(", ").map(Number);
  assert.deepEqual(listIn("README.md", /const REFUSALS = \[([^\]]+)\]/), REFUSALS);
  assert.deepEqual(
    listIn("worker/src/forward.ts", /FORWARDED_REFUSALS = new Set\(\[([^\]]+)\]/),
    REFUSALS.filter((status) => status !== 401),
  );
});

test("a payment fails or stays open, in its answer, in the look-up and in the ledger", async () => {
  const lookUp = async (reference: string) => {
    const path = `/requery?service=electricity&reference=${reference}`;
    const { status, envelope } = await send(sandbox, path, { authorization });
    return [status, (envelope.data as { state: string }).state];
  };
  for (const [state, message] of [
    ["failed", "The payment failed."],
    ["pending", "The payment is under way."],
  ] as const) {
    sandbox.control.failNext({ path: "/vend", state });
    const { status, envelope } = await pay(state);
    assert.deepEqual([status, envelope.message], [200, message]);
    assert.equal((envelope.data as { state: string }).state, state);
    assert.deepEqual(await lookUp(state), [200, state]);
  }
  sandbox.control.failNext({ path: "/vend", state: "pending", status: 503 });
  assert.equal((await pay("lost")).status, 503);
  assert.deepEqual(await lookUp("lost"), [200, "pending"]);
  assert.equal((await pay("other")).status, 200);
  assert.deepEqual(ledger(), [
    ["failed", "failed", 1],
    ["pending", "pending", 1],
    ["lost", "pending", 1],
    ["other", "successful", 1],
  ]);
  sandbox.control.setPayment("pending", "successful");
  sandbox.control.setPayment("lost", "failed");
  assert.deepEqual(await lookUp("pending"), [200, "successful"]);
  assert.deepEqual(await lookUp("lost"), [200, "failed"]);
  assert.equal((await pay("pending")).status, 409, "the payment is there");
});

test("a fault of either path of the exchange is one of both", async () => {
  for (const named of TOKEN_PATHS) {
    for (const asked of TOKEN_PATHS) {
      sandbox.control.failNext({ path: named, status: 503 });
      assert.equal(await statusOf("/services"), 200, "no other path");
      const exchange = () => send(sandbox, asked, { body: { ...KEYS, environment: "TEST" } });
      assert.equal((await exchange()).status, 503, `${named}, ${asked}`);
      assert.equal((await exchange()).status, 200, "and it comes once");
    }
  }
});

test("README lists the paths that a fault may have", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [paragraph = ""] = /^The `path` of `failNext` is [\s\S]*?\n\n/m.exec(readme) ?? [];
  const listed = [...paragraph.matchAll(/`(\/[^`]+)`/g)].map(([, path]) => path);
  assert.deepEqual(new Set(listed), new Set([...TOKEN_PATHS, ...PAYMENT_PATHS]));
});

test("a connection that breaks for a page is no error of the sandbox", async (t) => {
  const errors = t.mock.method(console, "error", () => {});
  const origin = "http://127.0.0.1:5180";
  await withSandbox({ allowedOrigin: origin }, async (open) => {
    const token = await authorize(open);
    for (const kind of ["reset", "break"] as const) {
      open.control.failNext({ kind, path: "/services" });
      const headers = { Authorization: token, Origin: origin };
      const body = fetch(`${open.baseUrl}/services`, { headers }).then((answer) => answer.text());
      await assert.rejects(body, TypeError, kind);
    }
    assert.equal((await send(open, "/services", { authorization: token })).status, 200);
  });
  assert.deepEqual(
    errors.mock.calls.map(({ arguments: [first] }) => String(first)),
    [],
  );
});
