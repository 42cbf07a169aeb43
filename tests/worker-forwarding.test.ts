// The deployed Worker: the parts of requests and answers that it forwards.
import assert from "node:assert/strict";
import { test } from "node:test";
import { BASE_PATH } from "../sandbox/service.ts";
import { vend } from "./support/sandbox-client.ts";
import { assertProblem, CORRELATION_ID, WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: true });

test("requests to the listed routes are forwarded unchanged", async () => {
  const { status, headers, text } = await world.askWithAccess("/providers?service=tv");
  assert.equal(status, 200);
  assert.match(headers.get("Content-Type") ?? "", /^application\/json/);
  const { correlationId, data } = JSON.parse(text);
  assert.deepEqual(data.length, 1);
  assert.equal(headers.get(CORRELATION_ID), correlationId);
  assert.equal((await world.askWithAccess("/services")).status, 200);
  assert.equal((await world.askWithAccess("/services", { method: "HEAD" })).status, 200);
  assert.equal((await world.pay("as-it-is")).status, 200);
  assert.equal(
    (await world.askWithAccess("/requery?service=electricity&reference=as-it-is")).status,
    200,
  );
});

test("any other path is not found, and other methods are not allowed", async () => {
  for (const path of [
    "/",
    "/auth/token",
    "/test/v2.1/b2b/auth/token",
    "/services/",
    "/services/x",
    "/SERVICES",
    "//services",
    "/services%2f..%2fvend",
    "/vend/../auth/token",
    "/balance",
  ]) {
    assertProblem(await world.askWithAccess(path), 404, "NOT_FOUND");
  }
  for (const [method, path, allowed] of [
    ["POST", "/services", "GET, HEAD"],
    ["DELETE", "/requery", "GET, HEAD"],
    ["GET", "/vend", "POST"],
    ["PUT", "/vend", "POST"],
    ["OPTIONS", "/vend", "POST"],
  ] as const) {
    const answer = await world.askWithAccess(path, { method });
    assertProblem(answer, 405, "METHOD_NOT_ALLOWED");
    assert.equal(answer.headers.get("Allow"), allowed);
    assert.equal(answer.headers.get("Access-Control-Allow-Origin"), null);
  }
  assert.deepEqual(world.serviceProxy.sent, []);
});

test("the service gets the token, the query, the bytes and the allowed headers of the caller only", async () => {
  const body =
    '{ "providerCode":"SANDBOX_POWER",\n"customerId":"ü", "amount":1e2, "reference":"bytes"}';
  await world.askWithAccess("/vend?a=1&a=%2F&b", {
    method: "POST",
    headers: {
      "Content-Type": "application/json",
      Accept: "application/json",
      "Accept-Language": "en",
      Authorization: "Bearer of-the-caller",
      Cookie: "CF_Authorization=secret",
      "Cf-Connecting-Ip": "192.0.2.1",
      "X-Forwarded-For": "192.0.2.1",
      Forwarded: "for=192.0.2.1",
      Referer: "https://shop.example/",
      "X-Api-Key": "of-the-caller",
      TE: "trailers",
      [CORRELATION_ID]: "from-the-shop-1",
    },
    body,
  });
  const [sent, ...more] = world.serviceProxy.sent;
  assert.deepEqual(more, []);
  assert.equal(sent?.method, "POST");
  assert.equal(sent?.path, `${BASE_PATH}/vend?a=1&a=%2F&b`);
  assert.equal(sent?.body, body);
  const { authorization, ...headers } = sent?.headers ?? {};
  assert.match(authorization ?? "", /^Bearer eyJ/);
  // The runtime sets these headers.
  for (const name of ["host", "connection", "content-length", "accept-encoding", "cf-worker"]) {
    delete headers[name];
  }
  assert.deepEqual(headers, {
    accept: "application/json",
    "accept-language": "en",
    "content-type": "application/json",
    "x-correlation-id": "from-the-shop-1",
  });
});

test("the caller gets only the allowed headers of the service", async () => {
  world.serviceProxy.override = (sent, response) => {
    const token = sent.headers.authorization ?? "";
    response.writeHead(200, {
      "Content-Type": "application/json",
      "Set-Cookie": "session=1",
      Server: "billing",
      Authorization: token,
      "X-Correlation-Id": token.slice(7),
      Location: "/",
      "Access-Control-Allow-Origin": "*",
      "Cache-Control": "public, max-age=60",
    });
    response.end(JSON.stringify({ success: true, data: { echo: sent.headers } }));
    return true;
  };
  const { status, headers, body, text } = await world.askWithAccess("/services");
  assert.equal(status, 200);
  for (const name of ["Set-Cookie", "Server", "Authorization", CORRELATION_ID, "Location"]) {
    assert.equal(headers.get(name), null, name);
  }
  assert.equal(headers.get("Access-Control-Allow-Origin"), null);
  assert.equal(headers.get("Cache-Control"), "no-store");
  assert.ok(!text.includes("eyJ"), "no token");
  assert.deepEqual(
    (body["data"] as { echo: Record<string, string> }).echo["authorization"],
    "Bearer [redacted]",
  );
});

test("the Worker's own refusals have the caller's correlation id, or a new one", async () => {
  const large = " ".repeat(64 * 1_024 + 1);
  for (const [status, path, init, hasAccess] of [
    [403, "/services", {}, false],
    [403, "/vend", { method: "POST", headers: { Origin: "https://evil.example" } }, true],
    [404, "/nothing", {}, true],
    [405, "/vend", {}, true],
    [413, "/vend", { method: "POST", body: large }, true],
  ] as [number, string, RequestInit, boolean][]) {
    const idOf = async (given?: string) => {
      const headers = new Headers(init.headers);
      if (given !== undefined) {
        headers.set(CORRELATION_ID, given);
      }
      const asked = { ...init, headers };
      const answer = hasAccess
        ? await world.askWithAccess(path, asked)
        : await world.ask(world.backend, path, asked);
      assertProblem(answer, status, String(answer.body["code"]));
      return answer.headers.get(CORRELATION_ID);
    };
    assert.equal(await idOf("from-the-shop-1"), "from-the-shop-1", path);
    const made = [await idOf(), await idOf("not well formed"), await idOf("x".repeat(129))];
    assert.equal(new Set(made).size, made.length);
    for (const id of made) {
      assert.match(id ?? "", /^[0-9a-f]{8}-[0-9a-f-]{27}$/);
    }
  }
  assert.deepEqual(world.serviceProxy.sent, []);
});

test("every answer has the security headers for browsers", async () => {
  for (const { headers } of [
    await world.askWithAccess("/services"),
    await world.askWithAccess("/nothing"),
    await world.ask(world.backend, "/services"),
    await world.ask(world.backend, "/healthz"),
  ]) {
    assert.equal(headers.get("X-Content-Type-Options"), "nosniff");
    assert.equal(headers.get("Cross-Origin-Resource-Policy"), "same-origin");
    assert.equal(headers.get("Referrer-Policy"), "no-referrer");
    assert.equal(headers.get("X-Frame-Options"), "DENY");
    assert.match(headers.get("Strict-Transport-Security") ?? "", /^max-age=\d{8}/);
    assert.match(headers.get("Content-Security-Policy") ?? "", /^default-src 'none'/);
    assert.equal(headers.get("Cache-Control"), "no-store");
  }
});

test("a body above 64 KiB is refused, with or without a `Content-Length`", async () => {
  const body = JSON.stringify({ ...vend("large"), note: " ".repeat(64 * 1_024) });
  const told = await world.askWithAccess("/vend", { method: "POST", body });
  assertProblem(told, 413, "BODY_TOO_LARGE");
  const chunks = new Blob([body]).stream();
  const init = { method: "POST", body: chunks, duplex: "half" } as RequestInit;
  assertProblem(await world.askWithAccess("/vend", init), 413, "BODY_TOO_LARGE");
  assert.deepEqual(world.serviceProxy.sent, []);
  const small = new Blob([JSON.stringify(vend("chunked"))]).stream();
  const chunked = { method: "POST", body: small, duplex: "half" } as RequestInit;
  assert.equal((await world.askWithAccess("/vend", chunked)).status, 200);
  assert.equal(world.ledger("chunked")?.times, 1);
});

world.testNoSecretIsShown();
