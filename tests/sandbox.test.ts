// The sandbox's token endpoint answers as the contract says; its command line and its options.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { BASE_PATH, KEYS, TOKEN_PATHS } from "../sandbox/service.ts";
import { defaultPort, freePort, listen, originOf } from "../scripts/local-server.ts";
import { root } from "../scripts/project.mjs";
import { withSandbox } from "./support/sandbox-client.ts";

const example = JSON.parse(
  readFileSync(join(root, "tests", "contract", "response.json"), "utf8"),
) as Envelope;
const good = { ...KEYS, environment: "TEST" };
let sandbox: Sandbox;

interface Envelope {
  readonly success: boolean;
  readonly message: string;
  readonly errors: unknown[] | null;
  readonly statusCode: number;
  readonly correlationId: string;
  readonly data: {
    readonly token: string;
    readonly expiresAt: number;
    readonly tokenType: string;
  } | null;
}

before(async () => {
  sandbox = await startSandbox({ lifetimeS: 60 });
});
after(() => sandbox.close());

async function post(
  body: unknown,
  url = sandbox.tokenUrl,
): Promise<{ status: number; envelope: Envelope }> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(url, { method: "POST", body: text });
  return { status: response.status, envelope: (await response.json()) as Envelope };
}

test("both addresses answer with every member and claim of the contract's example", async () => {
  const ids = new Set<unknown>();
  for (const path of TOKEN_PATHS) {
    const { status, envelope } = await post(good, sandbox.baseUrl + path);
    assert.equal(status, 200);
    assert.deepEqual(Object.keys(envelope), Object.keys(example));
    assert.deepEqual(
      { ...envelope, correlationId: "", data: null },
      { ...example, correlationId: "", data: null },
    );
    assert.deepEqual(Object.keys(envelope.data ?? {}), Object.keys(example.data ?? {}));
    const { token = "", expiresAt } = envelope.data ?? {};
    assert.deepEqual(
      decodeProtectedHeader(token),
      decodeProtectedHeader(example.data?.token ?? ""),
    );
    const [claims, wanted] = [decodeJwt(token), decodeJwt(example.data?.token ?? "")];
    assert.deepEqual(Object.keys(claims).sort(), Object.keys(wanted).sort());
    for (const [name, value] of Object.entries(wanted)) {
      assert.equal(typeof claims[name], typeof value, name);
    }
    assert.equal(claims.exp, expiresAt);
    assert.equal((claims.exp ?? 0) - (claims.iat ?? 0), 60);
    assert.equal(claims.iat, claims.nbf);
    assert.ok(Math.abs((claims.iat ?? 0) - Date.now() / 1000) < 5);
    ids.add(claims.jti).add(envelope.correlationId);
  }
  assert.equal(ids.size, 4, "every answer has ids of its own");
});

test("a failed exchange is answered in the envelope, with every reason", async () => {
  const rows: [status: number, body: unknown][] = [
    [401, { ...good, privateKey: "PRIV_KEY_sandbox-wrong" }],
    [401, { ...good, publicKey: "PUB_KEY_sandbox-wrong" }],
    [400, { ...good, publicKey: undefined }],
    [400, { ...good, privateKey: 42 }],
    [400, { ...good, environment: null }],
    [400, {}],
    [400, []],
    [400, "null"],
    [400, "not json"],
    [400, ""],
    [413, `{"publicKey":"${"a".repeat(70_000)}"}`],
  ];
  for (const [wanted, body] of rows) {
    const { status, envelope } = await post(body);
    assert.deepEqual(
      [status, envelope.statusCode, envelope.success],
      [wanted, wanted, false],
      JSON.stringify(body),
    );
    assert.ok(Array.isArray(envelope.errors) && envelope.errors.length > 0);
    assert.equal(envelope.data, null);
    assert.match(envelope.correlationId, /^[0-9a-f-]{36}$/);
  }
  const { envelope } = await post({ environment: "TEST" });
  const fields = (envelope.errors as { field: string }[]).map(({ field }) => field);
  assert.deepEqual(fields, ["publicKey", "privateKey"]);
  assert.equal((await fetch(sandbox.tokenUrl)).status, 405);
  assert.equal((await fetch(`${sandbox.baseUrl}/nothing`)).status, 404);
});

test("the page of the allowed origin may read the answers, and no other page", async () => {
  const page = "http://127.0.0.1:5180";
  await withSandbox({ allowedOrigin: page }, async (open) => {
    const allowed = async (url: string, method: string, origin: string) => {
      const headers = { origin, "access-control-request-method": "POST" };
      const body = method === "POST" ? JSON.stringify(good) : null;
      const response = await fetch(url, { method, headers, body });
      return response.headers.get("access-control-allow-origin");
    };
    for (const method of ["OPTIONS", "POST"]) {
      assert.equal(await allowed(open.tokenUrl, method, page), page);
      for (const other of ["http://127.0.0.1:5181", "http://localhost:5180", "null"]) {
        assert.equal(await allowed(open.tokenUrl, method, other), null, other);
      }
      assert.equal(await allowed(sandbox.tokenUrl, method, page), null, "none by default");
    }
  });
});

test("the option `latencyMs` delays every answer", async () => {
  await withSandbox({ latencyMs: 120 }, async (slow) => {
    const before = performance.now();
    await post(good, slow.tokenUrl);
    assert.ok(performance.now() - before >= 119);
  });
});

const main = join(root, "sandbox", "main.ts");
/** Fails a test whose program never prints what it waits for. */
const LIMIT = { timeout: 60_000 };

test("the command line prints the sandbox's addresses and keys", LIMIT, async ({ signal }) => {
  const port = await freePort();
  const args = [main, "--port", String(port), "--lifetime", "9", "--control"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  signal.addEventListener("abort", () => child.kill()); // so that its output ends
  try {
    let printed = "";
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (printed.includes("Ctrl-C")) {
        break;
      }
    }
    assert.ok(printed.includes(KEYS.publicKey) && printed.includes(KEYS.privateKey));
    const url = /http:\S+/.exec(printed)?.[0] ?? "";
    assert.ok(url.includes(BASE_PATH) && url.includes(`:${port}/`));
    const baseUrl = /baseUrl +(\S+)/.exec(printed)?.[1] ?? "";
    assert.equal(baseUrl, originOf(port) + BASE_PATH);
    assert.ok(url.startsWith(`${baseUrl}/`));
    const { envelope } = await post(good, url);
    const { exp = 0, iat = 0 } = decodeJwt(envelope.data?.token ?? "");
    assert.equal(exp - iat, 9);
    const control = await fetch(/http:\S+\/control/.exec(printed)?.[0] ?? "");
    assert.equal(control.status, 200);
  } finally {
    child.kill();
  }
});

test("--json prints the addresses and the keys as one line of JSON", async () => {
  const args = [main, "--port", "0", "--json"];
  const { stdout } = await runToExit(args);
  assert.match(stdout, /^[^\n]+\n$/);
  const { baseUrl, tokenUrl, controlUrl, ...rest } = JSON.parse(stdout) as Record<string, string>;
  assert.deepEqual(rest, { ...KEYS, environment: "TEST" });
  assert.equal(tokenUrl, `${baseUrl}${TOKEN_PATHS[0]}`);
  assert.equal(controlUrl, new URL("/control", baseUrl).href);
});

test("a chosen port that is taken is an error; a default port that is taken is replaced, with a message", async (t) => {
  const busy = await listen(createServer());
  t.after(() => busy.close().catch(() => {})); // it may be closed by then
  const port = Number(new URL(busy.origin).port);
  const { code, stdout, stderr } = await runToExit([main, "--port", String(port)]);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, new RegExp(`^port ${port} is taken`));
  await assert.rejects(startSandbox({ port }), { message: new RegExp(`^port ${port} is taken`) });
  await busy.close();
  await withSandbox({ port }, async (free) => {
    assert.equal(new URL(free.baseUrl).port, String(port));
  });

  const said: string[] = [];
  const usual = await listen(createServer());
  const taken = Number(new URL(usual.origin).port);
  const other = await defaultPort(taken, "the sandbox", (text) => said.push(text));
  assert.notEqual(other, taken);
  assert.deepEqual(said, [`port ${taken} is taken: the sandbox takes ${other}`]);
  await usual.close();
});

/** Runs the command line until it ends. Returns its exit code and its output. */
async function runToExit(args: readonly string[]) {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.once("data", () => child.kill()); // a sandbox that has started would never end
  const [[code], stdout, stderr] = await Promise.all([
    once(child, "exit") as Promise<[number]>,
    child.stdout.toArray(),
    child.stderr.toArray(),
  ]);
  return { code, stdout: stdout.join(""), stderr: stderr.join("") };
}
