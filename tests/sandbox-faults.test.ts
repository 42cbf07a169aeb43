// Faults of the sandbox that last for a time.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { InvalidChanges } from "../sandbox/changes.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { authorize, send, withSandbox } from "./support/sandbox-client.ts";

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
