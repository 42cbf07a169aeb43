// The deployed Worker: any answer of the service, and any request of a caller.
import assert from "node:assert/strict";
import { once } from "node:events";
import type { OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { TOKEN_PATHS } from "../sandbox/service.ts";
import { vend } from "./support/sandbox-client.ts";
import { assertProblem, CORRELATION_ID, WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: true });

const PROBLEM = "application/problem+json";

/** Makes the service answer payments like this, until the test ends. */
function answerWith(status: number, headers: OutgoingHttpHeaders, body: string | Uint8Array) {
  world.answerPayments((response) => response.writeHead(status, headers).end(body));
}

const TYPES = [
  undefined,
  "",
  "application/json",
  PROBLEM,
  `${PROBLEM}; charset=utf-8`,
  "text/plain",
  "text/html; charset=utf-16",
  "not a type",
];
const BODIES: Record<string, string | Uint8Array> = {
  "no body": "",
  "a word": "paid",
  null: "null",
  "a number": "1",
  "an array": "[1]",
  "half an object": '{"success":true',
  "an envelope": '{"success":true,"correlationId":"from-the-service","data":{}}',
  "an envelope with an id of another type": '{"success":true,"correlationId":{"a":1}}',
  "no UTF-8": Uint8Array.of(0xff, 0xfe, 0x00, 0xc3, 0x28),
  "a large body": `"${"x".repeat(1_000_000)}"`,
  "deeply nested": `${"[".repeat(100_000)}${"]".repeat(100_000)}`,
};

test("a payment with a success status is a success, with any type and body of the answer", async () => {
  for (const type of TYPES) {
    for (const [name, body] of Object.entries(BODIES)) {
      for (const [status, id] of [
        [200, undefined],
        [201, "from-the-header"],
        [202, "not well formed"],
      ] as const) {
        const headers = {
          ...(type !== undefined && { "Content-Type": type }),
          ...(id !== undefined && { [CORRELATION_ID]: id }),
        };
        answerWith(status, headers, body);
        const answer = await world.pay("any-answer");
        const about = `${status} ${type} ${name} ${id}`;
        assert.equal(answer.status, status, about);
        assert.deepEqual(answer.bytes, Buffer.from(body), about);
        assert.equal(answer.headers.get("Content-Type"), type || null, about);
        const own = name === "an envelope" ? "from-the-service" : null;
        const wanted = own ?? (id === "from-the-header" ? id : null);
        assert.equal(answer.headers.get(CORRELATION_ID), wanted, about);
      }
    }
  }
});

test("a payment with an error status is a problem in the Worker's own words, with any type and body", async () => {
  const rows = [
    [302, 502, "SERVICE_REDIRECTED", "unknown"],
    [400, 400, "SERVICE_REFUSED", "refused"],
    [408, 504, "SERVICE_TIMEOUT", "unknown"],
    [409, 409, "DUPLICATE_REFERENCE", "unknown"],
    [422, 422, "SERVICE_REFUSED", "refused"],
    [429, 503, "SERVICE_BUSY", "unknown"],
    [500, 502, "SERVICE_FAILED", "unknown"],
    [599, 502, "SERVICE_FAILED", "unknown"],
  ] as const;
  for (const [given, status, code, outcome] of rows) {
    for (const type of TYPES) {
      for (const [name, body] of Object.entries(BODIES)) {
        answerWith(given, type === undefined ? {} : { "Content-Type": type }, body);
        const answer = await world.pay("any-failure");
        assertProblem(answer, status, code);
        assert.equal(answer.body["outcome"], outcome, `${given} ${type} ${name}`);
      }
    }
  }
});

/** Refusals of the caller's request. No client reacts to them by itself. */
const FORWARDED_REFUSALS = [400, 402, 403, 404, 410, 415, 422, 423, 451];

test("a refusal to which a client could react by itself keeps neither its status nor its words", async () => {
  const others: Record<number, [status: number, code: string, outcome: string]> = {
    401: [502, "SERVICE_REFUSED_TOKEN", "refused"],
    408: [504, "SERVICE_TIMEOUT", "unknown"],
    409: [409, "DUPLICATE_REFERENCE", "unknown"],
    429: [503, "SERVICE_BUSY", "unknown"],
  };
  const headers = {
    "Content-Type": "application/json",
    "WWW-Authenticate": "Basic",
    "Proxy-Authenticate": "Basic",
    Upgrade: "h2c",
  };
  for (const given of [...Array.from({ length: 100 }, (_, index) => 400 + index), 511]) {
    const [status, code, outcome] = FORWARDED_REFUSALS.includes(given)
      ? [given, "SERVICE_REFUSED", "refused"]
      : (others[given] ?? [502, "SERVICE_FAILED", "unknown"]);
    answerWith(given, headers, '{"message":"inner workings"}');
    const answer = await world.pay("any-refusal");
    assertProblem(answer, status, code);
    assert.equal(answer.body["outcome"], outcome, String(given));
    assert.equal(answer.text.includes("inner workings"), code === "SERVICE_REFUSED", String(given));
    for (const name of ["WWW-Authenticate", "Proxy-Authenticate", "Upgrade"]) {
      assert.equal(answer.headers.get(name), null, name);
    }
  }
});

test("a part of an answer is no success", async () => {
  for (const status of [206, 226]) {
    answerWith(status, { "Content-Range": "bytes 0-1/100" }, "{}");
    const answer = await world.pay("part");
    assertProblem(answer, 502, "SERVICE_BAD_ANSWER");
    assert.equal(answer.body["outcome"], "unknown");
  }
});

const PAID = '{"paid":true}';
const ENCODED: Record<string, Uint8Array> = {
  deflate: deflateSync(PAID),
  "x-gzip": gzipSync(PAID),
  GZIP: gzipSync(PAID),
  BR: brotliCompressSync(PAID),
  "gzip, gzip": gzipSync(gzipSync(PAID)),
  "gzip, identity": gzipSync(PAID),
  zstd: Buffer.from(PAID), // the Worker reads no body in this encoding
};

test("an answer in an encoding that the runtime does not decode is a bad answer", async () => {
  for (const [encoding, bytes] of Object.entries(ENCODED)) {
    for (const status of [200, 400]) {
      answerWith(status, { "Content-Encoding": encoding }, bytes);
      const answer = await world.pay("encoded");
      assertProblem(answer, 502, "SERVICE_BAD_ANSWER");
      assert.equal(answer.body["outcome"], "unknown", encoding);
    }
  }
});

test("the service is asked for the encodings that are decoded, and these are read", async () => {
  for (const [encoding, bytes] of [
    ["gzip", gzipSync(PAID)],
    ["br", brotliCompressSync(PAID)],
    ["identity", Buffer.from(PAID)],
    ["", Buffer.from(PAID)],
  ] as const) {
    answerWith(200, { "Content-Encoding": encoding }, bytes);
    const answer = await world.pay("decoded");
    assert.equal(answer.status, 200, encoding);
    assert.equal(answer.text, PAID, encoding);
    assert.equal(world.serviceProxy.sent.at(-1)?.headers["accept-encoding"], "gzip, br");
  }
});

test("details that are nested too deeply are omitted", async () => {
  const deep = `{"message":"No.","errors":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  answerWith(400, { "Content-Type": "application/json" }, deep);
  const answer = await world.pay("deep");
  assertProblem(answer, 400, "SERVICE_REFUSED");
  assert.equal(answer.body["outcome"], "refused");
  assert.equal(answer.body["detail"], "No.");
});

test("bytes outside ASCII in the service's headers do not change the status", async () => {
  for (const status of [200, 400, 429]) {
    const lines = [
      `HTTP/1.1 ${status} X`,
      "Content-Type: text/\xff\xfe",
      "Retry-After: \xfc",
      "X-Correlation-Id: \xe9",
      "Content-Length: 4",
      "Connection: close",
    ];
    const bytes = Buffer.from(`${lines.join("\r\n")}\r\n\r\npaid`, "latin1");
    world.answerPayments((response) => response.socket?.end(bytes));
    const answer = await world.pay("bytes");
    assert.equal(answer.status, status === 429 ? 503 : status);
  }
});

/** Sends a request that `fetch` can't send. Returns the answer as text. */
async function sendRaw(lines: string[], body: string): Promise<string> {
  const { hostname, port, host } = world.backend.url;
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  const assertion = `Cf-Access-Jwt-Assertion: ${await world.access.assertion()}`;
  const head = [...lines, `Host: ${host}`, assertion, "Connection: close", "", ""].join("\r\n");
  socket.end(Buffer.from(head + body, "latin1"));
  const text = Buffer.concat(await socket.toArray()).toString("latin1");
  world.seen.push(text);
  return text;
}

test("a payment that is cut off on its way to the Worker is not sent, and the problem says so", async () => {
  for (const [lines, body] of [
    [["POST /vend HTTP/1.1", "Content-Length: 100"], '{"providerCode":'],
    [["POST /vend HTTP/1.1", "Transfer-Encoding: chunked"], '20\r\n{"providerCode":'],
    [["POST /vend HTTP/1.1", "Transfer-Encoding: chunked"], "zz\r\n{}\r\n0\r\n\r\n"],
  ] as const) {
    const answer = await sendRaw([...lines], body);
    assert.match(answer, /^HTTP\/1.1 400 [\s\S]*"code":"BODY_CUT_OFF"/);
    assert.match(answer, /"outcome":"not sent"/);
  }
  assert.deepEqual(world.serviceProxy.sent, []);
});

test("bytes outside ASCII in a caller's headers and query do not stop a payment", async () => {
  const body = JSON.stringify(vend("odd"));
  const answer = await sendRaw(
    [
      "POST /vend?a=%zz&%ff=\xff&b[]=// HTTP/1.1",
      "Accept: \xff\xfe",
      "Accept-Language: \xe9",
      "Content-Type: text/\xfc",
      "X-Correlation-Id: \xe9",
      `Content-Length: ${body.length}`,
    ],
    body,
  );
  assert.match(answer, /^HTTP\/1.1 200 /);
  assert.equal(world.ledger("odd")?.times, 1);
});

test("each refusal before a payment is sent says that it was not sent", async () => {
  const post = { method: "POST", body: "{}" };
  const foreign = { ...post, headers: { Origin: "https://evil.example" } };
  for (const [path, init, hasAccess, status, code] of [
    ["/vend", foreign, true, 403, "CROSS_ORIGIN"],
    ["/vend", post, false, 403, "CALLER_REFUSED"],
    ["/vends", post, true, 404, "NOT_FOUND"],
    ["/services", post, true, 405, "METHOD_NOT_ALLOWED"],
    ["/vend", { ...post, body: " ".repeat(70_000) }, true, 413, "BODY_TOO_LARGE"],
  ] as const) {
    const answer = hasAccess
      ? await world.askWithAccess(path, init)
      : await world.ask(world.backend, path, init);
    assertProblem(answer, status, code);
    assert.equal(answer.body["outcome"], "not sent", code);
  }
  await world.withWorker(world.bindings({ PAY4POWER_BASE_URL: "" }), async (misconfigured) => {
    const answer = await world.ask(misconfigured, "/vend", post);
    assertProblem(answer, 503, "NOT_SET_UP");
    assert.equal(answer.body["outcome"], "not sent");
  });
  assert.deepEqual(world.serviceProxy.sent, []);
});

/** The Worker's status for a failed exchange. */
const EXCHANGE_FAILURE_STATUS = {
  P4P_CREDENTIALS_REJECTED: 503,
  P4P_SERVICE_UNAVAILABLE: 503,
  P4P_BAD_RESPONSE: 502,
};

test("without a new token after a 401, the problem has the code of the failed exchange", async () => {
  for (const [status, code] of [
    [401, "P4P_CREDENTIALS_REJECTED"],
    [503, "P4P_SERVICE_UNAVAILABLE"],
    [404, "P4P_BAD_RESPONSE"],
  ] as const) {
    await world.withWorker(world.bindings(), async (backend) => {
      assert.equal((await world.askWithAccess("/services", {}, backend)).status, 200);
      world.sandbox.control.revokeAll();
      world.sandbox.control.failNext({ path: TOKEN_PATHS[0], status, count: 100 });
      const pay = () => world.pay(`no-token-${status}`, {}, backend);
      const answer = await pay();
      assertProblem(answer, EXCHANGE_FAILURE_STATUS[code], code);
      assert.equal(answer.body["outcome"], "refused");
      assert.match(String(answer.body["detail"]), /refused the token.*no other one/);
      assert.equal(world.ledger(`no-token-${status}`), undefined);
      const later = await pay();
      assertProblem(later, EXCHANGE_FAILURE_STATUS[code], code);
      assert.equal(later.body["outcome"], "not sent");
      world.sandbox.control.clearFaults();
    });
  }
});
test("without a token, a request's line in the log says whether a retry helps", async () => {
  for (const [status, retryable] of [
    [404, false],
    [503, true],
  ] as const) {
    const logs = await world.withWorker(world.bindings(), async (backend) => {
      for (const path of TOKEN_PATHS) {
        world.sandbox.control.failNext({ path, status, count: 10 });
      }
      await world.pay("no-token", {}, backend);
      world.sandbox.control.clearFaults();
    });
    const line = /code: 'P4P_[A-Z_]+', outcome: 'not sent', retryable: (true|false)/;
    assert.equal(line.exec(logs.replaceAll(/\s+/g, " "))?.[1], String(retryable));
  }
});

test("a request's line in the log has its code and outcome, and the coordinator's events are there", async () => {
  const logs = await world.withWorker(world.bindings(), async (backend) => {
    const pay = () => world.pay("logged", { [CORRELATION_ID]: "logged-1" }, backend);
    assert.equal((await pay()).status, 200);
    world.sandbox.control.failNext({ path: "/vend", status: 500 });
    assert.equal((await pay()).status, 502);
    world.sandbox.control.revokeAll();
    assert.equal((await pay()).status, 409);
  });
  const lines = logs.replaceAll(/\s+/g, " ");
  assert.match(lines, /method: 'POST', path: '\/vend', status: 200, correlationId/);
  assert.match(lines, /status: 502, code: 'SERVICE_FAILED', outcome: 'unknown', correlationId/);
  assert.match(lines, /status: 409, code: 'DUPLICATE_REFERENCE', outcome: 'unknown'/);
  assert.match(lines, /event: 'exchange.start', source: 'coordinator'/);
  assert.match(
    lines,
    /event: 'exchange.success', source: 'coordinator'.*?correlationId: '[0-9a-f-]{36}'/,
  );
  assert.match(lines, /event: 'token.rejected', source: 'coordinator'/);
  assert.match(lines, /event: 'replay', source: 'isolate'/);
});

world.testNoSecretIsShown();
