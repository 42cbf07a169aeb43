// The Worker of worker/ with wrangler, as its README says.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { build } from "../../scripts/build.ts";
import { freePort, originOf } from "../../scripts/listen.ts";
import { bin, root } from "../../scripts/setup.mjs";
import { FILES, SECRETS, startBackend } from "../support/backend.ts";
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
  folder = consumer("worker", await build(), FILES);
  sandbox = await startSandbox();
});
after(() => sandbox.close());

tests("what would be deployed is a Worker that answers", async () => {
  const printed = must(folder, "wrangler", "deploy", "--dry-run", "--outdir=out");
  assert.match(printed, /COORDINATOR \(TokenCoordinator\)/);
  assert.doesNotMatch(printed, /WARNING/);
  const backend = await startBackend(deployed(join(folder, "out"), "index.js"), {
    ...SECRETS,
    PAY4POWER_BASE_URL: sandbox.baseUrl,
    PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
  });
  try {
    const health = await fetch(new URL("/healthz", backend.url));
    assert.deepEqual(await health.json(), { status: "ok", token: "at hand" });
    assert.equal((await fetch(new URL("/services", backend.url))).status, 403);
  } finally {
    await backend.close();
  }
});

tests("its types are those of its configuration", async () => {
  must(folder, "wrangler", "types", "--check");
});

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
  const { get, stop } = await develop();
  try {
    const { status, text } = await get("/services");
    assert.equal(status, 200, text);
    assert.match(text, /electricity/);
  } finally {
    await stop();
  }
});

/** `npm run dev`, with another port and another sandbox. */
async function develop() {
  const { scripts } = JSON.parse(readFileSync(join(root, "worker", "package.json"), "utf8")) as {
    scripts: { dev: string };
  };
  const port = await freePort();
  const [, ...args] = scripts.dev
    .replaceAll("http://127.0.0.1:4010", new URL(sandbox.baseUrl).origin)
    .split(" ");
  const child = spawn(commandOf("wrangler"), [...args, "--port", String(port)], {
    cwd: folder,
    env: { ...process.env, ...ENV, PATH: `${bin}:${process.env["PATH"]}` },
  });
  const printed: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => printed.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => printed.push(chunk));
  await answers(`${originOf(port)}/healthz`);
  return {
    async get(path: string) {
      const response = await fetch(originOf(port) + path);
      return { status: response.status, text: await response.text() };
    },
    async stop() {
      child.kill("SIGINT");
      await once(child, "exit");
      return Buffer.concat(printed).toString();
    },
  };
}
