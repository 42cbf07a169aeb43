// The deployed Worker: the outcome of a payment after a failure.
import assert from "node:assert/strict";
import { request as sendRaw } from "node:http";
import { test } from "node:test";
import { vend } from "./support/sandbox-client.ts";
import { assertProblem, REFERENCE, Scene } from "./support/scene.ts";

const scene = new Scene({ sharesWorker: true });

test("a refusal of the service keeps its words, details and correlation id", async () => {
  const invalid = await scene.asTeller("/vend", { method: "POST", body: "{}" });
  assertProblem(invalid, 400, "SERVICE_REFUSED");
  assert.equal(invalid.body["detail"], "The request is not valid.");
  assert.equal((invalid.body["errors"] as unknown[]).length, 4);
  assert.equal(invalid.body["outcome"], "refused");
  assert.match(String(invalid.body["correlationId"]), /^[0-9a-f-]{36}$/);
  assert.equal(invalid.headers.get(REFERENCE), invalid.body["correlationId"]);
  await scene.pay("twice");
  const duplicate = await scene.pay("twice");
  assertProblem(duplicate, 409, "SERVICE_HAS_IT");
  // By another reference it would be paid twice.
  assert.equal(duplicate.body["outcome"], "unknown");
  assertProblem(await scene.asTeller("/requery?service=tv&reference=none"), 404, "SERVICE_REFUSED");
});

test("a payment with a lost answer is made once, and its outcome is unknown", async () => {
  for (const [kind, status, code] of [
    ["break", 502, "SERVICE_UNREACHABLE"],
    ["reset", 502, "SERVICE_UNREACHABLE"],
  ] as const) {
    scene.sandbox.control.failNext({ path: "/vend", kind });
    const answer = await scene.pay(`lost-${kind}`, { [REFERENCE]: `shop-${kind}` });
    assertProblem(answer, status, code);
    assert.equal(answer.body["outcome"], "unknown");
    assert.match(String(answer.body["detail"]), /not known: ask GET \/requery by its reference/);
    assert.equal(answer.body["correlationId"], `shop-${kind}`);
    assert.equal(scene.ledger(`lost-${kind}`)?.times, 1);
  }
  for (const fault of [500, 503, 408, 302]) {
    scene.sandbox.control.failNext({
      path: "/vend",
      status: fault,
      headers: { Location: "/", "Retry-After": "7", "Content-Type": "application/json" },
      body: JSON.stringify({ success: false, message: "inner workings" }),
    });
    const answer = await scene.pay(`lost-${fault}`);
    assert.equal(answer.body["outcome"], "unknown", answer.text);
    assert.ok(!answer.text.includes("inner workings"), answer.text);
    assert.equal(answer.status, fault === 408 ? 504 : 502);
    assert.equal(answer.headers.get("Location"), null);
    assert.equal(scene.ledger(`lost-${fault}`)?.times, 1);
  }
  const answer = await scene.asTeller("/requery?service=electricity&reference=lost-500");
  assert.equal((answer.body["data"] as { state: string }).state, "successful");
});

test("half an answer to a payment is no success, nor is one without end", async () => {
  for (const code of ["SERVICE_UNREACHABLE", "SERVICE_BAD_ANSWER"]) {
    scene.middleman.inPlace = ({ path }, response) => {
      response.writeHead(200, { "Content-Type": "application/json" });
      response.write(code === "SERVICE_BAD_ANSWER" ? " ".repeat(1_100_000) : '{"success":true,');
      setTimeout(() => response.destroy(), 50);
      return path.includes("/vend");
    };
    const answer = await scene.pay("half");
    assertProblem(answer, 502, code);
    assert.equal(answer.body["outcome"], "unknown");
  }
});

test("a payment that is not answered ends in 504", async () => {
  scene.sandbox.control.failNext({ path: "/vend", kind: "hang" });
  const answer = await scene.pay("hanging");
  assertProblem(answer, 504, "SERVICE_TIMEOUT");
  assert.equal(answer.body["outcome"], "unknown");
  assert.equal(scene.ledger("hanging")?.times, 1);
});

test("a token that was revoked is replaced, and the payment made once", async () => {
  await scene.asTeller("/services");
  scene.sandbox.control.revokeAll();
  const answer = await scene.pay("revoked");
  assert.equal(answer.status, 200, answer.text);
  assert.equal(scene.ledger("revoked")?.times, 1);
  assert.equal(scene.middleman.sent.filter(({ path }) => path.endsWith("/vend")).length, 2);
});

test("a service that refuses every token is no login page for the caller", async () => {
  scene.sandbox.control.failNext({ path: "/services", status: 401, count: 2 });
  assertProblem(await scene.asTeller("/services"), 502, "SERVICE_REFUSED_TOKEN");
});

test("a `Retry-After` of the service is forwarded", async () => {
  scene.sandbox.control.failNext({
    path: "/services",
    status: 429,
    headers: { "Retry-After": "17" },
  });
  const answer = await scene.asTeller("/services");
  assertProblem(answer, 503, "SERVICE_BUSY");
  assert.equal(answer.headers.get("Retry-After"), "17");
});

test("a caller that disconnects does not end a payment", async () => {
  await scene.asTeller("/services"); // the token is at hand
  scene.middleman.sent.length = 0;
  let answerIt = () => {};
  const isLeft = new Promise<void>((resolve) => {
    answerIt = resolve;
  });
  let arrived = () => {};
  const isSent = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  let brokeOff = false;
  scene.middleman.inPlace = (_, response) => {
    response.on("close", () => {
      brokeOff = !response.writableFinished;
    });
    arrived();
    void isLeft.then(() => response.end('{"success":true,"data":{}}'));
    return true;
  };
  const { hostname, port } = scene.backend.url;
  const headers = { ...(await scene.assertion()), [REFERENCE]: "left-1" };
  const request = sendRaw({ hostname, port, path: "/vend", method: "POST", headers });
  request.on("error", () => {}).end(JSON.stringify(vend("left")));
  await isSent;
  request.destroy();
  await new Promise((resolve) => request.on("close", resolve));
  // After another request the Worker has noticed that the caller is gone.
  await scene.ask(scene.backend, "/healthz");
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(brokeOff, false, "the request to the service ended with the caller's");
  answerIt();
  // The outcome is logged, although the caller is gone.
  while (!scene.backend.logs().includes("correlationId: 'left-1'")) {
    await scene.ask(scene.backend, "/healthz");
  }
  assert.equal(scene.middleman.sent.length, 1);
});

scene.showsNoSecret();
