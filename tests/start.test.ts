// npm start, as a person types it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { startWorker } from "../scripts/workerd.ts";
import { ANY_TOKEN } from "./portable/search.ts";
import { assertNoSecret } from "./support/leaks.ts";

let sandbox: Sandbox;
before(async () => {
  await build();
  sandbox = await startSandbox({ lifetimeS: 77 });
});
after(() => sandbox.close());

const { PAY4POWER_PUBLIC_KEY: _, PAY4POWER_PRIVATE_KEY: __, ...environment } = process.env;

/** Runs it beside this process, which has a sandbox to answer it. */
async function start(args: readonly string[], env: Record<string, string> = {}) {
  const child = spawn("npm", ["start", "--", ...args], {
    cwd: root,
    env: { ...environment, ...env },
  });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const [code] = (await once(child, "close")) as [number];
  const [stdout, stderr] = [out, err].map((chunks) => Buffer.concat(chunks).toString()) as [
    string,
    string,
  ];
  return { code, stdout, stderr, all: stdout + stderr };
}

const last = (text: string) =>
  JSON.parse(text.trimEnd().split("\n").at(-1) ?? "") as Record<string, unknown>;

test("once, in words", async () => {
  const { code, stdout } = await start(["--once"]);
  assert.equal(code, 0);
  for (const part of ["workerd", "TEST", "Merchant_1", "Bearer", "in 60 min", "correlation id"]) {
    assert.ok(stdout.includes(part), `${part} is not in ${stdout}`);
  }
  assert.ok(!/eyJ|PRIV_KEY/.test(stdout), "no token and no key");
});

test("once, as JSON on the last line", async () => {
  const { code, stdout } = await start(["--once", "--json"]);
  assert.equal(code, 0);
  const { expiresAt, expiresInMs, correlationId, ...rest } = last(stdout);
  assert.deepEqual(rest, {
    runtime: "workerd",
    environment: "TEST",
    tokenType: "Bearer",
    merchantName: "Merchant_1",
    authenticated: true,
  });
  assert.ok(Math.abs(Date.parse(String(expiresAt)) - Date.now() - Number(expiresInMs)) < 30_000);
  assert.ok(Number(expiresInMs) > 3_500_000 && Number(expiresInMs) <= 3_600_000);
  assert.match(String(correlationId), /^[0-9a-f-]{36}$/);
});

test("with keys in the environment it asks the service that they name", async () => {
  const keys = {
    PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
    PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
    PAY4POWER_ENVIRONMENT: "LIVE",
    PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
  };
  const { code, stdout } = await start(["--once", "--json"], keys);
  assert.equal(code, 0);
  assert.equal(last(stdout)["environment"], "LIVE");
  assert.ok(Number(last(stdout)["expiresInMs"]) <= 77_000);
});

test("a failure says its code and a sentence, never a key, and exits 1", async () => {
  const keys = {
    PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
    PAY4POWER_PRIVATE_KEY: "PRIV_KEY_sandbox-wrong",
    PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
  };
  const wrong = await start(["--once"], keys);
  assert.equal(wrong.code, 1);
  assert.match(wrong.stderr, /P4P_CREDENTIALS_REJECTED: .*Invalid credentials/);
  assertNoSecret(wrong.all, ["PRIV_KEY", ANY_TOKEN]);

  const unreachable = await start(["--once"], {
    ...keys,
    PAY4POWER_TOKEN_URL: "http://127.0.0.1:9/",
  });
  assert.equal(unreachable.code, 1);
  assert.match(unreachable.stderr, /P4P_NETWORK: /);

  const half = await start(["--once"], { PAY4POWER_PUBLIC_KEY: KEYS.publicKey });
  assert.equal(half.code, 2);
  assert.match(half.stderr, /PAY4POWER_PRIVATE_KEY/);
});

test("unknown arguments are refused", async () => {
  for (const args of [["--twice"], ["--json"], ["--once", "now"]]) {
    const { code, stderr } = await start(args);
    assert.equal(code, 2);
    assert.match(stderr, /^.+; npm start -- --help says more$/m);
  }
});

test("its Worker makes an exchange for programs of this machine, and for no page", async () => {
  const folder = makeConsumer(join(root, "target", "consumers", "start"), await build(), {
    "worker.ts": join(root, "scripts", "start-worker.ts"),
  });
  const { url, worker } = await startWorker({
    entry: join(folder, "worker.ts"),
    bindings: {
      PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
      PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
      PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
    },
  });
  const { hostname, port, host, origin } = url;
  const ask = async (headers: OutgoingHttpHeaders, method = "GET") => {
    const sent = request({ hostname, port, method, headers, agent: false }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.resume();
    assert.equal(answer.headers["access-control-allow-origin"], undefined);
    return answer.statusCode;
  };
  const exchanges = () => sandbox.control.counts().exchanges.asked;
  const before = exchanges();
  const lie = { "MF-Original-URL": `${origin}/` };
  try {
    for (const headers of [
      { Host: "evil.example" },
      { Host: `evil.example:${port}` },
      { Host: `evil.example:${port}`, ...lie },
      { Host: `127.0.0.1.evil.example:${port}`, ...lie },
      { Host: `evil.example:${port}`, Origin: `http://evil.example:${port}`, ...lie },
      { Host: `evil.example:${port}`, "Sec-Fetch-Site": "same-origin", ...lie },
      { "MF-Original-URL": "http://evil.example/" },
      { Origin: "http://evil.example" },
      { Origin: "null" },
      { Origin: "http://127.0.0.1:5180" },
      { Origin: `http://localhost:${port}` },
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate" },
      { "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" },
      { "Sec-Fetch-Site": "same-site" },
    ]) {
      for (const method of ["GET", "POST", "HEAD", "OPTIONS"]) {
        assert.equal(await ask(headers, method), 403, JSON.stringify([method, headers]));
      }
    }
    for (const method of ["POST", "HEAD", "OPTIONS", "DELETE"]) {
      assert.equal(await ask({}, method), 405, method);
    }
    assert.equal(exchanges(), before);
    const here = [
      {},
      { Host: `localhost:${port}` },
      { Host: `[::1]:${port}` },
      { "Sec-Fetch-Site": "none" },
      { Host: host, Origin: origin, "Sec-Fetch-Site": "same-origin" },
    ];
    for (const headers of here) {
      assert.equal(await ask(headers), 200, JSON.stringify(headers));
    }
    assert.equal(exchanges(), before + here.length);
  } finally {
    await worker.dispose();
  }
});

test("it keeps running on other ports when its own are busy, until it is stopped", async () => {
  const busy = [4010, 5180, 8787].map((port) =>
    createServer()
      .on("error", () => {})
      .listen(port, "127.0.0.1"),
  );
  const child = spawn(process.execPath, [join(root, "scripts", "start.ts")], {
    cwd: root,
    env: environment,
  });
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said += String(chunk);
  });
  try {
    let printed = "";
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      if (printed.includes("Ctrl-C")) {
        break;
      }
    }
    const url = /curl (\S+)/.exec(printed)?.[1] ?? "";
    assert.ok(!url.includes(":8787"), url);
    for (const [port, name] of [
      [4010, "the sandbox"],
      [5180, "the page"],
      [8787, "the Worker"],
    ] as const) {
      assert.match(said, new RegExp(`^port ${port} is taken: ${name} takes \\d+$`, "m"));
    }
    assert.match(printed, /baseUrl http:\/\/127\.0\.0\.1:\d+\/api\/v2\.1\/b2b\n/);
    const page = /in a browser: +(\S+)/.exec(printed)?.[1] ?? "";
    assert.match(await (await fetch(page)).text(), /Keys become a bearer token/);
    const answer = await (await fetch(url)).text();
    assert.equal(last(answer)["authenticated"], true);
    assert.equal((await fetch(`${url}nothing`)).status, 404);
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number | null];
    assert.equal(code, 130, "as a shell expects after Ctrl-C");
    await assert.rejects(fetch(url), "the Worker is gone too");
    await assert.rejects(fetch(page), "and the page");
  } finally {
    child.kill("SIGKILL");
    for (const server of busy) {
      server.close();
    }
  }
});
