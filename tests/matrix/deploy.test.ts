// The Worker of worker/ with wrangler, as its README says.
import assert from "node:assert/strict";
import { exec, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { createServer, type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { build } from "../../scripts/build.ts";
import { run } from "../../scripts/command.ts";
import { freePort, listen, originOf } from "../../scripts/local-server.ts";
import { bin, root } from "../../scripts/project.mjs";
import { writeWorkerPage } from "../../scripts/worker-page.ts";
import { SECRETS, startBackend, WORKER_FILES } from "../support/backend.ts";
import { startRegistry } from "../support/registry.ts";
import { answers, commandOf, consumer, deployed, ENV, must, versionOf } from "./tools.ts";

const hasWrangler = versionOf("wrangler") !== undefined;

/** Never passed: skipped where somebody may lack it, failed where nobody may. */
function tests(name: string, run: (t: TestContext) => Promise<void>): void {
  if (hasWrangler) {
    test(name, run);
  } else {
    test(`${name}: NOT RUN, wrangler is missing`, (t) => {
      assert.ok(!process.env["CI"], "CI must have wrangler");
      t.skip();
    });
  }
}

let folder: string;
let sandbox: Sandbox;
before(async () => {
  folder = consumer("worker", await build(), WORKER_FILES);
  sandbox = await startSandbox();
});
after(() => sandbox.close());

tests("what would be deployed is a Worker that answers, with the page", async () => {
  const assets = join(folder, "assets");
  await writeWorkerPage(assets, join(folder, "node_modules", "pay4power-auth"));
  const printed = must(folder, "wrangler", "deploy", "--dry-run", "--outdir=out");
  assert.match(printed, /COORDINATOR \(TokenCoordinator\)/);
  assert.doesNotMatch(printed, /WARNING/);
  assert.match(printed, /Read \d\d files from the assets directory/);
  const bindings = {
    ...SECRETS,
    PAY4POWER_BASE_URL: sandbox.baseUrl,
    PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
  };
  const backend = await startBackend(deployed(join(folder, "out"), "index.js"), bindings, assets);
  try {
    assert.match(await (await fetch(backend.url)).text(), /Keys become a bearer token/);
    const health = await fetch(new URL("/healthz", backend.url));
    assert.deepEqual(await health.json(), { status: "ok", token: "at hand" });
    assert.equal((await fetch(new URL("/services", backend.url))).status, 403);
  } finally {
    await backend.close();
  }
});

tests("its types are those of its configuration", async () => {
  must(folder, "wrangler", "types", "bindings.d.ts", "--check");
});

tests(
  "`secret put` changes one key at once, `secret bulk` changes both in one request",
  async () => {
    const changes: string[][] = [];
    const cloudflare = createServer(async (request, response) => {
      const body = Buffer.concat(await request.toArray()).toString();
      if (request.method !== "GET") {
        changes.push(body.match(/PAY4POWER_\w+(?=":\{|",)/g) ?? []);
      }
      const answer = { success: true, errors: [], messages: [], result: {} };
      response.setHeader("Content-Type", "application/json").end(JSON.stringify(answer));
    });
    const { origin, close } = await listen(cloudflare);
    const wrangler = (input: string, ...args: readonly string[]) =>
      new Promise<void>((resolve, reject) => {
        const env = {
          ...process.env,
          ...ENV,
          PATH: `${bin}:${process.env["PATH"]}`,
          CI: "1",
          CLOUDFLARE_API_BASE_URL: `${origin}/client/v4`,
          CLOUDFLARE_API_TOKEN: "sandbox",
          CLOUDFLARE_ACCOUNT_ID: "sandbox",
        };
        const child = execFile(
          commandOf("wrangler"),
          args,
          { cwd: folder, env },
          (error, out, err) => (error ? reject(new Error(out + err)) : resolve()),
        );
        child.stdin?.end(input);
      });
    try {
      for (const [name, value] of Object.entries(SECRETS)) {
        await wrangler(value, "secret", "put", name);
      }
      await wrangler(JSON.stringify(SECRETS), "secret", "bulk");
      await wrangler(JSON.stringify(SECRETS), "versions", "secret", "bulk");
    } finally {
      await close();
    }
    const [publicKey = "", privateKey = ""] = Object.keys(SECRETS);
    const both = [publicKey, privateKey];
    assert.deepEqual(
      changes.map((names) => [...new Set(names)]),
      [[publicKey], [privateKey], both, both],
    );
  },
);

tests("in development it names what is missing, and pays at the sandbox", async () => {
  rmSync(join(folder, ".dev.vars"), { force: true });
  const without = await develop();
  try {
    const { status, text } = await without.get("/healthz");
    assert.equal(status, 503);
    assert.match(text, /`PAY4POWER_PUBLIC_KEY` and `PAY4POWER_PRIVATE_KEY` are missing/);
  } finally {
    const printed = await without.stop();
    assert.match(printed, /PAY4POWER_PUBLIC_KEY/, "wrangler warns");
  }
  copyFileSync(join(folder, ".dev.vars.example"), join(folder, ".dev.vars"));
  const { get, port, printed, stop } = await develop();
  try {
    const { status, text } = await get("/services");
    assert.equal(status, 200, text);
    assert.match(text, /electricity/);
    assert.equal((await fetch(`http://localhost:${port}/services`)).status, 200);
    assert.match(printed(), new RegExp(`Ready on http://127.0.0.1:${port}`));
  } finally {
    await stop();
  }
});

tests("in development a page of another name that leads here reads nothing", async () => {
  copyFileSync(join(folder, ".dev.vars.example"), join(folder, ".dev.vars"));
  const { get, pid, port, stop } = await develop();
  try {
    const here = `localhost:${port}`;
    const lies = { "MF-Original-URL": `http://${here}/services`, "X-Forwarded-Host": here };
    for (const Host of [`evil.example:${port}`, "evil.example", `localhost.evil.example:${port}`]) {
      for (const path of ["/services", "/healthz"]) {
        assert.equal((await get(path, { Host })).status, 403, `${Host}${path}`);
        assert.equal((await get(path, { ...lies, Host })).status, 403, `${Host}${path}, with lies`);
      }
    }
    assert.equal((await get("/services", lies)).status, 200);
    // wrangler itself listens as well, and believes the lies; but nothing that comes straight to it is let in.
    const inner = innerPortOf(pid);
    for (const headers of [
      {},
      lies,
      { ...lies, Host: "evil.example" },
      { "Dev-Proxy-Secret": "" },
    ]) {
      assert.equal((await get("/services", headers, inner)).status, 403);
    }
  } finally {
    await stop();
  }
});

tests("in development a page of another origin reaches nothing, not even wrangler", async () => {
  copyFileSync(join(folder, ".dev.vars.example"), join(folder, ".dev.vars"));
  const { get, port, stop } = await develop();
  try {
    const Host = `localhost:${port}`;
    for (const headers of [
      { Host, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors" },
      { Host, "Sec-Fetch-Site": "same-site" },
      { Host, Origin: "http://evil.example" },
      { Host, Origin: "null" },
    ]) {
      for (const path of ["/services", "/healthz", "/cdn-cgi/handler/scheduled"]) {
        const { status, text } = await get(path, headers);
        assert.equal(status, 403, path + JSON.stringify(headers));
        assert.match(text, /Ask localhost/, "dev.mjs says so");
      }
    }
    const own = { Host, Origin: `http://${Host}`, "Sec-Fetch-Site": "same-origin" };
    for (const headers of [{ Host, "Sec-Fetch-Site": "none" }, own]) {
      assert.equal((await get("/services", headers)).status, 200);
    }
  } finally {
    await stop();
  }
});

tests("when nobody reads what it prints, its development server ends with wrangler", async () => {
  const args = ["dev.mjs", "--port", String(await freePort())];
  const env = { ...process.env, ...ENV };
  const child = spawn(process.execPath, args, {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  await once(child.stdout, "data");
  const inner = innerPortOf(child.pid ?? 0);
  child.stdout.destroy(); // as `head -1` does
  await once(child, "exit");
  const lines = run("ps", ["-eo", "pid,args"]).output.split("\n");
  const left = lines.filter((line) => line.includes(`--port ${inner}`));
  for (const line of left) {
    process.kill(Number.parseInt(line, 10));
  }
  assert.ok(inner > 0);
  assert.deepEqual(left, []);
});

tests("a port that is no decimal number is an error of its development server", async () => {
  for (const port of ["0x7000", "1e3", "08787", "0", "65536", "8787.0", ""]) {
    const { ok, output } = run(process.execPath, ["dev.mjs", `--port=${port}`, "--help"], {
      cwd: folder,
    });
    assert.ok(!ok, port);
    assert.match(output, /^--port must be a whole number from 1 to 65535, found "/m);
  }
});

tests("a port that is taken is an error of its development server", async () => {
  const busy = createServer();
  const { origin, close } = await listen(busy);
  const { ok, output } = run(process.execPath, ["dev.mjs", "--port", new URL(origin).port], {
    cwd: folder,
  });
  await close();
  assert.ok(!ok);
  assert.match(
    output,
    /^port \d+ is not available \(EADDRINUSE\): choose another one with --port$/m,
  );
});

tests("a copy of the folder has the package from npm, by what its README says", async () => {
  const readme = readFileSync(join(root, "worker", "README.md"), "utf8");
  const [, recipe = ""] = /In a copy of this folder[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  const commands = recipe
    .trim()
    .split("\n")
    .map((line) => line.trim());
  assert.ok(commands.length > 1, readme);
  const registry = await startRegistry(await build());
  const above = mkdtempSync(join(tmpdir(), "pay4power-copy-"));
  try {
    const copy = join(above, "backend");
    for (const file of (await shell("git ls-files worker", root)).trim().split("\n")) {
      cpSync(join(root, file), join(copy, file.slice("worker/".length)));
    }
    const npm = { npm_config_registry: registry.origin, npm_config_update_notifier: "false" };
    for (const command of commands) {
      await shell(command, copy, npm);
    }
    assert.deepEqual(readdirSync(above), ["backend"]);
    const installed = join(copy, "node_modules", "pay4power-auth");
    assert.ok(lstatSync(installed).isDirectory(), "no link to the folder above");
    assert.ok(existsSync(join(installed, "dist", "cloudflare.js")));
    const lock = readFileSync(join(copy, "package-lock.json"), "utf8");
    const { packages } = JSON.parse(lock) as { packages: Record<string, { version?: string }> };
    assert.deepEqual(
      Object.keys(packages).filter((path) => path.startsWith("..")),
      [],
    );
    assert.ok(packages["node_modules/pay4power-auth"]?.version);
    await shell("npm run check", copy, npm);
    await shell("npm run deploy -- --dry-run --outdir=out", copy, npm);
    const backend = await startBackend(deployed(join(copy, "out"), "index.js"), {
      ...SECRETS,
      PAY4POWER_BASE_URL: sandbox.baseUrl,
      PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
    });
    const health = await (await fetch(new URL("/healthz", backend.url))).json();
    await backend.close();
    assert.deepEqual(health, { status: "ok", token: "at hand" });
  } finally {
    await registry.close();
    rmSync(above, { recursive: true, force: true });
  }
});

/** Runs what a person types. Not synchronously: npm asks a registry of this process. */
async function shell(command: string, cwd: string, env: Record<string, string> = {}) {
  const all = { ...process.env, ...ENV, ...env, PATH: `${bin}:${process.env["PATH"]}` };
  return (await promisify(exec)(command, { cwd, env: all, maxBuffer: 2 ** 28 })).stdout;
}

/** Where wrangler listens behind the development server that is the process `pid`. */
function innerPortOf(pid: number): number {
  const lines = run("ps", ["-eo", "ppid,args"]).output.split("\n");
  const line = lines.find((line) => line.trim().startsWith(`${pid} `));
  return Number(/--port (\d+)/.exec(line ?? "")?.[1]);
}

/** `npm run dev`, with another port and another sandbox. */
async function develop() {
  const { scripts } = JSON.parse(readFileSync(join(root, "worker", "package.json"), "utf8")) as {
    scripts: { dev: string };
  };
  const port = await freePort();
  const [, ...args] = scripts.dev
    .replaceAll("http://127.0.0.1:4010", new URL(sandbox.baseUrl).origin)
    .split(" ");
  const child = spawn(process.execPath, [...args, "--port", String(port)], {
    cwd: folder,
    env: { ...process.env, ...ENV, PATH: `${bin}:${process.env["PATH"]}` },
  });
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  await answers(`${originOf(port)}/healthz`);
  return {
    port,
    pid: child.pid ?? 0,
    /** As a request of any name, with any headers. */
    async get(path: string, headers: OutgoingHttpHeaders = {}, to = port) {
      const sent = request({ host: "127.0.0.1", port: to, path, headers, agent: false }).end();
      const [answer] = (await once(sent, "response")) as [IncomingMessage];
      const text = Buffer.concat(await answer.toArray()).toString();
      return { status: answer.statusCode, text };
    },
    printed: () => Buffer.concat(printed).toString(),
    async stop() {
      child.kill("SIGTERM");
      await once(child, "exit");
      return Buffer.concat(printed).toString();
    },
  };
}
