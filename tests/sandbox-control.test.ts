// The control of the sandbox, in the same process and over HTTP.
import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { after, before, beforeEach, test } from "node:test";
import { decodeJwt } from "jose";
import { InvalidChanges } from "../sandbox/changes.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { TOKEN_PATHS } from "../sandbox/service.ts";
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

const services = () => send(sandbox, "/services", { authorization });
const pay = (reference: string) => send(sandbox, "/vend", { authorization, body: vend(reference) });

/** Returns how long `what` takes, in milliseconds. */
async function durationOf(what: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await what();
  return performance.now() - before;
}

test("lifetime and latency change while the sandbox runs, until a reset", async () => {
  sandbox.control.set({ lifetimeS: 3, latencyMs: 100 });
  let token = "";
  const slow = await durationOf(async () => {
    token = await authorize(sandbox);
  });
  assert.ok(slow >= 99);
  const { exp = 0, iat = 0 } = decodeJwt(token);
  assert.equal(exp - iat, 3);
  sandbox.control.reset();
  const { lifetimeS, latencyMs, shiftMs } = sandbox.control.status();
  assert.deepEqual(
    { lifetimeS, latencyMs, shiftMs },
    { lifetimeS: 3_600, latencyMs: 0, shiftMs: 0 },
  );
});

test("a shifted clock moves the times in a token, its validity, and the date of every answer", async () => {
  const hour = 3_600_000;
  for (const shiftMs of [-6 * hour, 6 * hour]) {
    sandbox.control.set({ shiftMs });
    const near = (ms: number) => assert.ok(Math.abs(ms - Date.now() - shiftMs) < 5_000);
    // The token of the unshifted clock is not valid yet, or expired.
    const { status, headers } = await services();
    assert.equal(status, 401);
    near(Date.parse(headers.get("Date") ?? ""));
    const token = await authorize(sandbox);
    const { iat = 0, nbf = 0, exp = 0 } = decodeJwt(token);
    near(iat * 1000);
    near(nbf * 1000);
    near(exp * 1000 - hour);
    assert.equal((await send(sandbox, "/services", { authorization: token })).status, 200);
    sandbox.control.failNext({ status: 503 });
    near(Date.parse((await services()).headers.get("Date") ?? ""));
  }
});

test("revoked tokens are refused, later ones are not", async () => {
  assert.equal((await services()).status, 200);
  sandbox.control.revokeAll();
  assert.equal((await services()).status, 401);
  authorization = await authorize(sandbox);
  assert.equal((await services()).status, 200);
});

test("the next answers have the status, headers and body that were asked for", async () => {
  const { control } = sandbox;
  control.failNext({ status: 429, count: 2, path: "/services", headers: { "Retry-After": "7" } });
  assert.equal((await pay("other path")).status, 200);
  for (let times = 0; times < 2; times++) {
    const { status, headers, envelope } = await services();
    assert.deepEqual([status, headers.get("Retry-After")], [429, "7"]);
    assert.deepEqual([envelope.statusCode, envelope.success, envelope.data], [429, false, null]);
  }
  assert.equal((await services()).status, 200);

  const url = `${sandbox.baseUrl}/services`;
  const headers = { "Content-Type": "text/plain", Location: "/elsewhere" };
  control.failNext({ status: 302, headers, body: "moved" });
  const moved = await fetch(url, { redirect: "manual" });
  assert.deepEqual(
    [moved.status, moved.headers.get("Location"), moved.headers.get("Content-Type")],
    [302, "/elsewhere", "text/plain"],
  );
  assert.equal(await moved.text(), "moved");
  control.failNext({ status: 204 });
  assert.equal((await fetch(url)).status, 204);

  control.failNext({ status: 500, count: 1_000 });
  assert.equal((await services()).status, 500);
  assert.deepEqual(control.status().faults, [{ status: 500, count: 999 }]);
  control.clearFaults();
  assert.equal((await services()).status, 200);
});

test("`latencyMs` of a fault delays one answer", async () => {
  sandbox.control.failNext({ latencyMs: 100 });
  assert.ok((await durationOf(services)) >= 99);
  sandbox.control.failNext({ latencyMs: 100, status: 503, when: "after" });
  assert.ok((await durationOf(services)) >= 99);
  assert.ok((await durationOf(services)) < 90);
});

test("a lost answer does not undo the payment, unless the fault comes before it", async () => {
  const { control } = sandbox;
  const lost = { signal: AbortSignal.timeout(5_000) };
  const post = (reference: string, init: RequestInit = lost) =>
    fetch(`${sandbox.baseUrl}/vend`, {
      method: "POST",
      headers: { Authorization: authorization },
      body: JSON.stringify(vend(reference)),
      ...init,
    });
  const times = (reference: string) =>
    control.ledger().find((entry) => entry.reference === reference)?.times;

  for (const when of ["after", "before"] as const) {
    const made = when === "after" ? 1 : undefined;
    control.failNext({ kind: "reset", when });
    await assert.rejects(post(`reset ${when}`), TypeError);
    assert.equal(times(`reset ${when}`), made);

    control.failNext({ kind: "break", when });
    const broken = await post(`break ${when}`);
    assert.equal(broken.status, 200);
    assert.match(broken.headers.get("Content-Type") ?? "", /json/);
    await assert.rejects(broken.text(), TypeError);
    assert.equal(times(`break ${when}`), made);

    control.failNext({ kind: "hang", when });
    const signal = AbortSignal.timeout(300);
    await assert.rejects(post(`hang ${when}`, { signal }), { name: "TimeoutError" });
    assert.equal(times(`hang ${when}`), made);

    control.failNext({ status: 500, when });
    assert.equal((await post(`status ${when}`)).status, 500);
    assert.equal(times(`status ${when}`), made);
  }

  control.failNext({ kind: "reset" });
  await assert.rejects(post("by default"), TypeError);
  assert.equal((await post("by default")).status, 409);
  assert.equal(times("by default"), 2, "a payment sent twice shows");
});

test("counts have all requests, and the requests that succeeded", async () => {
  const { control } = sandbox;
  control.reset();
  control.failNext({ status: 503 });
  await assert.rejects(authorize(sandbox));
  control.failNext({ status: 503, when: "after" });
  await assert.rejects(authorize(sandbox));
  authorization = await authorize(sandbox);
  control.failNext({ status: 500 });
  await pay("lost");
  await pay("lost");
  await services();
  await send(sandbox, "/services");
  assert.deepEqual(control.counts(), {
    exchanges: { asked: 3, succeeded: 2 },
    paths: {
      [TOKEN_PATHS[1]]: { asked: 3, succeeded: 2 },
      "/vend": { asked: 2, succeeded: 1 },
      "/services": { asked: 2, succeeded: 1 },
    },
  });
  assert.deepEqual(
    control.ledger().map(({ reference, times }) => [reference, times]),
    [["lost", 2]],
  );
  control.reset();
  assert.deepEqual(control.counts(), { exchanges: { asked: 0, succeeded: 0 }, paths: {} });
  assert.deepEqual(control.ledger(), []);
});

test("the sandbox answers thousands of requests at once, and counts each", async () => {
  const statuses = await Promise.all(
    Array.from({ length: 2_000 }, async () => (await services()).status),
  );
  assert.ok(statuses.every((status) => status === 200));
  assert.deepEqual(sandbox.control.counts().paths["/services"], { asked: 2_000, succeeded: 2_000 });
});

test("changes that are not valid are refused together, and none is made", async () => {
  await pay("known");
  const before = sandbox.control.status();
  const rows: [field: string, changes: unknown][] = [
    ["changes", null],
    ["changes", []],
    ["lifetime", { lifetime: 3 }],
    ["lifetimeS", { lifetimeS: "3" }],
    ["latencyMs", { lifetimeS: 3, latencyMs: -1 }],
    ["shiftMs", { lifetimeS: 3, shiftMs: 0.5 }],
    ["revokeAll", { revokeAll: 1 }],
    ["failNext", { failNext: "reset" }],
    ["failNext.kind", { failNext: {} }],
    ["failNext.kind", { failNext: { kind: "explode" } }],
    ["failNext.status", { failNext: { status: 100 } }],
    ["failNext.status", { failNext: { status: 500, kind: "hang" } }],
    ["failNext.status", { failNext: { kind: "hang", body: "" } }],
    ["failNext.path", { failNext: { status: 500, path: "/nowhere" } }],
    ["failNext.count", { failNext: { status: 500, count: 0 } }],
    ["failNext.headers", { failNext: { status: 500, headers: { "not a name": "" } } }],
    ["failNext.headers", { failNext: { status: 500, headers: { Age: 1 } } }],
    ["failNext.often", { failNext: { status: 500, often: 2 } }],
    ["failNext.body", { failNext: { status: 500, body: {} } }],
    ["failNext.state", { failNext: { path: "/vend", state: "successful" } }],
    ["failNext.state", { failNext: { state: "failed" } }],
    ["failNext.state", { failNext: { path: "/requery", state: "failed" } }],
    ["failNext.state", { failNext: { path: "/vend", state: "failed", status: 400 } }],
    [
      "failNext.state",
      { failNext: { path: "/vend", state: "failed", kind: "reset", when: "before" } },
    ],
    ["setPayment", { setPayment: "failed" }],
    ["setPayment.reference", { setPayment: { state: "failed" } }],
    ["setPayment.state", { setPayment: { reference: "known", state: "lost" } }],
    ["setPayment.reference", { lifetimeS: 3, setPayment: { reference: "none", state: "failed" } }],
    ["setPayment.reference", { reset: true, setPayment: { reference: "known", state: "failed" } }],
  ];
  for (const [field, changes] of rows) {
    assert.throws(
      () => sandbox.control.apply(changes as object),
      (error) => error instanceof InvalidChanges && error.message.startsWith(`${field} `),
      JSON.stringify(changes),
    );
  }
  assert.deepEqual(sandbox.control.status(), before);
});

test("the control does the same over HTTP, outside the service's base path", async () => {
  await withSandbox({ control: true }, async (controlled) => {
    const url = controlled.controlUrl ?? "";
    const change = async (body: string) => {
      const response = await fetch(url, { method: "POST", body });
      return { status: response.status, envelope: (await response.json()) as Answer };
    };
    const look = async (path = "") => ((await (await fetch(url + path)).json()) as Answer).data;
    interface Answer {
      readonly errors: { field: string }[] | null;
      readonly data: unknown;
    }
    const first = controlled.control.status();
    assert.deepEqual(await look(), first);
    const fault = { status: 500, path: "/vend", count: 1 };
    const changed = await change(JSON.stringify({ lifetimeS: 3, failNext: fault }));
    const wanted = { ...first, lifetimeS: 3, faults: [fault] };
    assert.deepEqual([changed.status, changed.envelope.data], [200, wanted]);
    assert.deepEqual(controlled.control.status(), wanted);

    const token = await authorize(controlled);
    const asked = { authorization: token, body: vend("lost") };
    assert.equal((await send(controlled, "/vend", asked)).status, 500);
    assert.deepEqual(await look("/ledger"), controlled.control.ledger());
    assert.equal(controlled.control.ledger()[0]?.times, 1);
    assert.deepEqual(await look(), controlled.control.status());
    await change('{"revokeAll":true}');
    assert.equal((await send(controlled, "/services", { authorization: token })).status, 401);

    const before = await look();
    const wrong = await change('{"lifetimeS":9,"shiftMs":"1","speed":2}');
    assert.equal(wrong.status, 400);
    assert.deepEqual(
      wrong.envelope.errors?.map(({ field }) => field),
      ["speed", "shiftMs"],
    );
    assert.equal((await change("not json")).status, 400);
    assert.equal((await change("[]")).status, 400);
    assert.deepEqual(await look(), before);
    assert.equal((await send(controlled, "/control")).status, 404);
    assert.equal((await change('{"reset":true}')).status, 200);
    assert.deepEqual(await look(), first);
  });
});

test("the control obeys programs of this machine and the allowed page, and no other page", async () => {
  const page = "http://127.0.0.1:5190";
  await withSandbox({ control: true, allowedOrigin: page }, async (open) => {
    const { hostname, port, host, pathname } = new URL(open.controlUrl ?? "");
    const ask = async (method: string, headers: OutgoingHttpHeaders, path = pathname) => {
      const sent = request({ hostname, port, path, method, headers, agent: false });
      sent.end(method === "POST" ? '{"latencyMs":1,"reset":true}' : undefined);
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      answer.resume();
      const { "access-control-allow-origin": allowed } = answer.headers;
      const isObeyed = answer.statusCode === 200 && headers["Origin"] === page;
      assert.equal(allowed, isObeyed ? page : undefined);
      return answer.statusCode;
    };
    const evil = "http://evil.example";
    const foreign: OutgoingHttpHeaders[] = [
      { Host: "evil.example" },
      { Host: `evil.example:${port}` },
      { Host: `localhost.evil.example:${port}` },
      { Host: `127.0.0.1.evil.example:${port}` },
      { Host: `evil.example:${port}`, Origin: `${evil}:${port}`, "Sec-Fetch-Site": "same-origin" },
      { Host: `127.0.0.2:${port}` },
      { Origin: evil },
      { Origin: "null" },
      { Origin: "" },
      { Origin: `https://${host}` },
      { Origin: `http://${hostname}:5180` },
      { Origin: `http://localhost:${port}` },
      { Origin: "http://127.0.0.1:5180", "Sec-Fetch-Site": "same-site" },
      { "Sec-Fetch-Site": "cross-site" },
      { "Sec-Fetch-Site": "same-site" },
      { "Sec-Fetch-Site": "" },
      { Origin: `http://${host}`, "Sec-Fetch-Site": "cross-site" },
    ];
    for (const headers of foreign) {
      for (const method of ["GET", "POST", "OPTIONS", "PUT"]) {
        for (const type of [
          "text/plain",
          "application/x-www-form-urlencoded",
          "application/json",
        ]) {
          const sent = { Host: host, "Content-Type": type, ...headers };
          assert.equal(await ask(method, sent), 403, JSON.stringify([method, sent]));
        }
      }
      assert.equal(await ask("GET", { Host: host, ...headers }, `${pathname}/ledger`), 403);
    }
    assert.equal(await ask("POST", { Host: host, "Sec-Fetch-Site": "none" }), 403);
    assert.equal(await ask("POST", { Host: `evil.example:${port}`, Origin: page }), 403);
    assert.equal(open.control.status().latencyMs, 0);
    for (const headers of [
      {},
      { Host: `localhost:${port}` },
      { Host: `[::1]:${port}` },
      { Host: "LOCALHOST" },
      { "Sec-Fetch-Mode": "cors" },
      { Host: host, Origin: `http://${host}`, "Sec-Fetch-Site": "same-origin" },
      { Host: host, Origin: page, "Sec-Fetch-Site": "same-site" },
    ]) {
      assert.equal(await ask("GET", headers), 200, JSON.stringify(headers));
      assert.equal(await ask("POST", headers), 200, JSON.stringify(headers));
    }
    assert.equal(await ask("GET", { "Sec-Fetch-Site": "none" }), 200);
    assert.equal(open.control.status().latencyMs, 1);
  });
});

test("without the control, its address says how to get it", async () => {
  await withSandbox({ control: false }, async (closed) => {
    assert.equal(closed.controlUrl, undefined);
    for (const path of ["/control", "/control/ledger"]) {
      const address = new URL(path, closed.baseUrl);
      const change = await fetch(address, { method: "POST", body: '{"lifetimeS":1}' });
      assert.equal(change.status, 404);
      const answer = await fetch(address);
      assert.equal(answer.status, 404);
      const { message } = (await answer.json()) as { message: string };
      assert.equal(message, "The control is off: start the sandbox without --no-control.");
    }
    assert.equal(closed.control.status().lifetimeS, 3_600);
    closed.control.set({ latencyMs: 1 }); // in the same process it works
    assert.equal(closed.control.status().latencyMs, 1);
  });
});
