// The deployed Worker: the outcome of a payment after a failure.
import assert from "node:assert/strict";
import { request as sendRaw } from "node:http";
import { test } from "node:test";
import { vend } from "./support/sandbox-client.ts";
import { assertProblem, CORRELATION_ID, WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: true });

test("a refusal of the service keeps its words, details and correlation id", async () => {
  const invalid = await world.askWithAccess("/vend", { method: "POST", body: "{}" });
  assertProblem(invalid, 400, "SERVICE_REFUSED");
  assert.equal(invalid.body["detail"], "The request is not valid.");
  assert.equal((invalid.body["errors"] as unknown[]).length, 4);
  assert.equal(invalid.body["outcome"], "refused");
  assert.match(String(invalid.body["correlationId"]), /^[0-9a-f-]{36}$/);
  assert.equal(invalid.headers.get(CORRELATION_ID), invalid.body["correlationId"]);
  await world.pay("twice");
  const duplicate = await world.pay("twice");
  assertProblem(duplicate, 409, "DUPLICATE_REFERENCE");
  // By another reference it would be paid twice.
  assert.equal(duplicate.body["outcome"], "unknown");
  assertProblem(
    await world.askWithAccess("/requery?service=tv&reference=none"),
    404,
    "SERVICE_REFUSED",
  );
});

test("a payment with a lost answer is made once, and its outcome is unknown", async () => {
  for (const [kind, status, code] of [
    ["break", 502, "SERVICE_UNREACHABLE"],
    ["reset", 502, "SERVICE_UNREACHABLE"],
  ] as const) {
    world.sandbox.control.failNext({ path: "/vend", kind });
    const answer = await world.pay(`lost-${kind}`, { [CORRELATION_ID]: `shop-${kind}` });
    assertProblem(answer, status, code);
    assert.equal(answer.body["outcome"], "unknown");
    assert.match(String(answer.body["detail"]), /not known: ask GET \/requery by its reference/);
    assert.equal(answer.body["correlationId"], `shop-${kind}`);
    assert.equal(world.ledger(`lost-${kind}`)?.times, 1);
  }
  for (const fault of [500, 503, 408, 302]) {
    world.sandbox.control.failNext({
      path: "/vend",
      status: fault,
      headers: { Location: "/", "Retry-After": "7", "Content-Type": "application/json" },
      body: JSON.stringify({ success: false, message: "inner workings" }),
    });
    const answer = await world.pay(`lost-${fault}`);
    assert.equal(answer.body["outcome"], "unknown", answer.text);
    assert.ok(!answer.text.includes("inner workings"), answer.text);
    assert.equal(answer.status, fault === 408 ? 504 : 502);
    assert.equal(answer.headers.get("Location"), null);
    assert.equal(world.ledger(`lost-${fault}`)?.times, 1);
  }
  const answer = await world.askWithAccess("/requery?service=electricity&reference=lost-500");
  assert.equal((answer.body["data"] as { state: string }).state, "successful");
});

test("half an answer to a payment, or one above 1 MiB, is not a success", async () => {
  for (const code of ["SERVICE_UNREACHABLE", "SERVICE_BAD_ANSWER"]) {
    world.answerPayments((response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write(code === "SERVICE_BAD_ANSWER" ? " ".repeat(1_100_000) : '{"success":true,');
      setTimeout(() => response.destroy(), 50);
    });
    const answer = await world.pay("half");
    assertProblem(answer, 502, code);
    assert.equal(answer.body["outcome"], "unknown");
  }
});

test("a payment that the service does not answer ends with 504", async () => {
  world.sandbox.control.failNext({ path: "/vend", kind: "hang" });
  const answer = await world.pay("hanging");
  assertProblem(answer, 504, "SERVICE_TIMEOUT");
  assert.equal(answer.body["outcome"], "unknown");
  assert.equal(world.ledger("hanging")?.times, 1);
});

test("after the service revoked the token, the Worker gets a new one and the payment is made once", async () => {
  await world.askWithAccess("/services");
  world.sandbox.control.revokeAll();
  const answer = await world.pay("revoked");
  assert.equal(answer.status, 200, answer.text);
  assert.equal(world.ledger("revoked")?.times, 1);
  assert.equal(world.serviceProxy.sent.filter(({ path }) => path.endsWith("/vend")).length, 2);
});

test("if the service refuses every token, the caller gets 502, not 401", async () => {
  world.sandbox.control.failNext({ path: "/services", status: 401, count: 2 });
  assertProblem(await world.askWithAccess("/services"), 502, "SERVICE_REFUSED_TOKEN");
});

test("a `Retry-After` of the service is forwarded", async () => {
  world.sandbox.control.failNext({
    path: "/services",
    status: 429,
    headers: { "Retry-After": "17" },
  });
  const answer = await world.askWithAccess("/services");
  assertProblem(answer, 503, "SERVICE_BUSY");
  assert.equal(answer.headers.get("Retry-After"), "17");
});

test("a caller that disconnects does not end a payment", async () => {
  await world.askWithAccess("/services"); // the token is at hand
  world.serviceProxy.sent.length = 0;
  let noteArrival = () => {};
  const hasArrived = new Promise<void>((resolve) => {
    noteArrival = resolve;
  });
  let letServiceAnswer = () => {};
  const mayAnswer = new Promise<void>((resolve) => {
    letServiceAnswer = resolve;
  });
  let brokeOff = false;
  world.serviceProxy.override = (_, response) => {
    response.on("close", () => {
      brokeOff = !response.writableFinished;
    });
    noteArrival();
    void mayAnswer.then(() => response.end('{"success":true,"data":{}}'));
    return true;
  };
  const { hostname, port } = world.backend.url;
  const headers = { ...(await world.assertion()), [CORRELATION_ID]: "left-1" };
  const request = sendRaw({ hostname, port, path: "/vend", method: "POST", headers });
  request.on("error", () => {}).end(JSON.stringify(vend("left")));
  await hasArrived;
  request.destroy();
  await new Promise((resolve) => request.on("close", resolve));
  // After another request the Worker has noticed that the caller is gone.
  await world.ask(world.backend, "/healthz");
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(brokeOff, false, "the request to the service ended with the caller's");
  letServiceAnswer();
  // The outcome is logged, although the caller is gone.
  while (!world.backend.logs().includes("correlationId: 'left-1'")) {
    await world.ask(world.backend, "/healthz");
  }
  assert.equal(world.serviceProxy.sent.length, 1);
});

world.testNoSecretIsShown();
