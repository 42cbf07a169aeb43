// The README's first examples are run. tests/documents.test.ts compiles all of them.
import assert from "node:assert/strict";
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Fault } from "../sandbox/faults.ts";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS, TOKEN_PATHS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { runCommand } from "../scripts/setup/commands.mjs";
import { sizes } from "../scripts/size.ts";
import { startWorker } from "../scripts/workerd.ts";
import { exampleWith } from "./support/examples.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const exampleOf = (text: string) => exampleWith("README.md", text);

/** Returns the variables that the examples read, for a sandbox. */
const variablesFor = ({ tokenUrl, baseUrl }: Sandbox) => ({
  PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
  PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
  PAY4POWER_TOKEN_URL: tokenUrl,
  PAY4POWER_BASE_URL: baseUrl,
});

test("the first examples run, and the payment", async () => {
  const sandbox = await startSandbox();
  const folder = makeConsumer(join(root, "target", "consumers", "readme-node"), await build());
  symlinkSync(join(root, "node_modules", "hono"), join(folder, "node_modules", "hono"));
  const run = async (text: string, more = "", name = "example.mjs") => {
    const file = join(folder, name);
    const local = "http://127.0.0.1:4010/api/v2.1/b2b/auth/token";
    writeFileSync(file, `${exampleOf(text).replace(local, sandbox.tokenUrl)}${more}`);
    const { ok, stdout, stderr } = await runCommand(process.execPath, [file], {
      env: { ...variablesFor(sandbox), CALLER_TOKEN: "sandbox-caller" },
    });
    assert.ok(ok, stderr);
    return stdout;
  };
  try {
    assert.match(await run("PRIV_KEY_sandbox"), /^\d{4}-\d\d-\d\dT/);
    assert.match(await run("body and all"), /statusCode: 200/);
    const ask = (token: string) =>
      `const answer = await app.request("/services", { headers: { Authorization: "Bearer ${token}" } });
      console.log(answer.status, (await answer.text()).includes('"success":true'));`;
    assert.equal(await run("bearerAuth", ask("sandbox-caller")), "200 true\n");
    assert.equal(await run("bearerAuth", ask("stranger")), "401 false\n");
    const { control } = sandbox;
    for (const [status, fault] of [
      [502, { path: "/services", status: 401, count: 2 }],
      [502, { path: "/services", kind: "reset" }],
      [500, { path: TOKEN_PATHS[0], status: 404 }],
      [503, { path: TOKEN_PATHS[0], status: 503, count: 3 }],
    ] as const) {
      control.failNext(fault);
      assert.equal(await run("bearerAuth", ask("sandbox-caller")), `${status} false\n`);
      control.reset();
    }

    const client = `import { createClient } from "pay4power-auth";
      const env = process.env;
      const client = createClient({
        publicKey: env.PAY4POWER_PUBLIC_KEY, privateKey: env.PAY4POWER_PRIVATE_KEY,
        tokenUrl: env.PAY4POWER_TOKEN_URL, baseUrl: env.PAY4POWER_BASE_URL,
      } as never);`;
    const payWith = (order: object) =>
      run(
        "async function pay",
        `${client}\nconsole.log(await pay(client, "order-1", ${JSON.stringify(order)} as never));`,
        "example.ts",
      );
    const electricity = {
      service: "electricity",
      providerCode: "SANDBOX_POWER",
      customerId: "1",
      amount: 100,
    };
    const airtime = { ...electricity, service: "airtime", providerCode: "SANDBOX_AIRTIME" };
    const vend = { path: "/vend", when: "after" } as const;
    const lookUpFails = { path: "/requery", status: 503 } as const;
    const rows: [outcome: string, order: object, ...faults: Fault[]][] = [
      ["paid", electricity],
      ["paid", electricity, { ...vend, kind: "reset" }],
      ["paid", airtime, { ...vend, kind: "reset" }],
      ["paid", electricity, { ...vend, kind: "break" }],
      ["paid", electricity, { ...vend, status: 503 }],
      ["paid", electricity, { ...vend, status: 429 }],
      ["paid", electricity, { ...vend, status: 406 }],
      ["paid", electricity, { ...vend, status: 302, headers: { Location: "/" } }],
      ["unknown", electricity, { ...vend, kind: "reset" }, lookUpFails],
      [
        "unknown",
        electricity,
        { ...vend, kind: "reset" },
        { path: "/requery", kind: "reset", count: 2 },
      ],
    ];
    for (const [outcome, order, ...faults] of rows) {
      control.reset();
      for (const fault of faults) {
        control.failNext(fault);
      }
      const name = JSON.stringify([order, ...faults]);
      assert.match(await payWith(order), new RegExp(`^${outcome}$`, "m"), name);
      assert.deepEqual(
        control.ledger().map(({ reference, times }) => [reference, times]),
        [["order-1", 1]],
        name,
      );
    }
    control.reset();
    assert.match(await payWith({ ...electricity, amount: -1 }), /^refused$/m);
    assert.deepEqual(control.ledger(), []);
  } finally {
    await sandbox.close();
  }
});

test("its Worker answers callers that it allows, and no others", async () => {
  const folder = makeConsumer(join(root, "target", "consumers", "readme"), await build());
  const check = "const isAllowed = async (_request: Request) => false;";
  const example = exampleOf("one for the isolate");
  assert.ok(example.includes(check));
  const allowsSome = 'const isAllowed = async (request: Request) => !request.url.endsWith("/no");';
  writeFileSync(join(folder, "worker.ts"), example.replace(check, allowsSome));
  const entry = join(folder, "worker.ts");
  const sandbox = await startSandbox();
  const serve = (tokenUrl: string) =>
    startWorker({ entry, bindings: variablesFor({ ...sandbox, tokenUrl }) });
  const working = await serve(sandbox.tokenUrl);
  const stranded = await serve("http://127.0.0.1:9/");
  try {
    const answer = (await (await fetch(working.url)).json()) as { statusCode: number };
    assert.equal(answer.statusCode, 200);
    assert.equal((await fetch(`${working.url}no`)).status, 401);
    sandbox.control.failNext({ path: "/services", status: 401, count: 2 });
    assert.equal((await fetch(working.url)).status, 502);
    const failure = await fetch(stranded.url);
    assert.deepEqual([failure.status, await failure.json()], [503, { code: "P4P_NETWORK" }]);
  } finally {
    await Promise.all([working.worker.dispose(), stranded.worker.dispose(), sandbox.close()]);
  }
});

test("its figures are the published package's", async () => {
  await build();
  const { brotli, gzip } = sizes();
  const [, ...told] = /(\d+) kB with brotli, (\d+) kB with\s+gzip/.exec(readme) ?? [];
  // Compilers of other versions make a little more or less of it.
  for (const [figure, size] of [
    [told[0], brotli],
    [told[1], gzip],
  ] as const) {
    assert.ok(Math.abs(Number(figure) * 1_000 - size) < size * 0.05, `${figure} kB, now ${size}`);
  }
});

test("it has no dependencies, as it says", () => {
  const manifest: object = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  assert.match(readme, /Dependencies: 0\./);
  assert.ok(!("dependencies" in manifest));
});
