// The deployed Worker: `/healthz`, and mistakes in the environment.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { KEYS, TOKEN_PATHS } from "../sandbox/service.ts";
import { runOrThrow } from "../scripts/command.ts";
import { copyBackend, SECRETS } from "./support/backend.ts";
import { vend } from "./support/sandbox-client.ts";
import { assertProblem, Scene } from "./support/scene.ts";

const scene = new Scene({ sharesWorker: true });

test("`/healthz` gets one token for all requests, and does not show it", async () => {
  const all = await Promise.all(
    Array.from({ length: 20 }, () => scene.ask(scene.backend, "/healthz")),
  );
  for (const { status, body } of all) {
    assert.equal(status, 200);
    assert.deepEqual(body, { status: "ok", token: "at hand" });
  }
  assert.equal(scene.sandbox.control.counts().exchanges.asked, 1);
  assert.equal((await scene.ask(scene.backend, "/healthz")).status, 200);
  assert.equal(scene.sandbox.control.counts().exchanges.asked, 1);
});

test("a missing or wrong variable is named in the log of the start, and in every answer", async () => {
  const good = { ...SECRETS, ...scene.variables() };
  const rows: [changed: Record<string, string | undefined>, ...names: string[]][] = [
    [{ PAY4POWER_PUBLIC_KEY: undefined }, "PAY4POWER_PUBLIC_KEY"],
    [{ PAY4POWER_PRIVATE_KEY: "" }, "PAY4POWER_PRIVATE_KEY"],
    [
      { PAY4POWER_PUBLIC_KEY: undefined, PAY4POWER_PRIVATE_KEY: undefined },
      "PAY4POWER_PUBLIC_KEY",
      "PAY4POWER_PRIVATE_KEY",
    ],
    [{ PAY4POWER_BASE_URL: undefined }, "PAY4POWER_BASE_URL"],
    [{ PAY4POWER_BASE_URL: "services" }, "PAY4POWER_BASE_URL"],
    [{ PAY4POWER_BASE_URL: "http://service.example" }, "PAY4POWER_BASE_URL"],
    [{ ACCESS_AUDIENCE: "" }, "ACCESS_AUDIENCE"],
    [{ ACCESS_TEAM_DOMAIN: undefined }, "ACCESS_TEAM_DOMAIN"],
    [{ ACCESS_TEAM_DOMAIN: "your-team" }, "ACCESS_TEAM_DOMAIN"],
    [{ ACCESS_TEAM_DOMAIN: "http://your-team.example" }, "ACCESS_TEAM_DOMAIN"],
  ];
  for (const [changed, ...names] of rows) {
    const bindings = Object.fromEntries(
      Object.entries({ ...good, ...changed }).filter(([, value]) => value !== undefined),
    ) as Record<string, string>;
    const logs = await scene.withWorker(bindings, async (backend) => {
      for (const path of ["/healthz", "/services", "/nothing"]) {
        const answer = await scene.ask(backend, path);
        assertProblem(answer, 503, "NOT_SET_UP");
        for (const name of names) {
          assert.ok(String(answer.body["detail"]).includes(`\`${name}\``), answer.text);
        }
      }
    });
    assert.ok(
      names.every((name) => logs.includes(name)),
      logs,
    );
  }
});

test("a variable that only the Durable Object reads is named too", async () => {
  for (const [name, value] of [
    ["PAY4POWER_TOKEN_URL", "auth/token"],
    ["PAY4POWER_TOKEN_URL", "http://service.example/auth/token"],
    ["PAY4POWER_PRIVATE_KEY", KEYS.publicKey],
  ] as const) {
    await scene.withWorker({ ...SECRETS, ...scene.variables(), [name]: value }, async (backend) => {
      for (const answer of [
        await scene.ask(backend, "/healthz"),
        await scene.ask(backend, "/services", { headers: await scene.assertion() }),
      ]) {
        assertProblem(answer, 503, String(answer.body["code"]));
        assert.match(String(answer.body["code"]), /^P4P_(INVALID_OPTIONS|INSECURE_URL)$/);
        assert.ok(String(answer.body["detail"]).includes(name), answer.text);
      }
    });
  }
});

test("with rejected keys `/healthz` says so, and no request causes another exchange", async () => {
  const wrong = { ...SECRETS, PAY4POWER_PRIVATE_KEY: "PRIV_KEY_sandbox-wrong" };
  await scene.withWorker({ ...wrong, ...scene.variables() }, async (backend) => {
    for (let round = 0; round < 3; round++) {
      assertProblem(await scene.ask(backend, "/healthz"), 503, "P4P_CREDENTIALS_REJECTED");
      const headers = await scene.assertion();
      const init = { method: "POST", headers, body: JSON.stringify(vend("rejected")) };
      const answer = await scene.ask(backend, "/vend", init);
      assertProblem(answer, 503, "P4P_CREDENTIALS_REJECTED");
      assert.equal(answer.body["outcome"], "not sent");
      assert.match(String(answer.body["correlationId"]), /^[0-9a-f-]{36}$/);
    }
  });
  assert.equal(scene.sandbox.control.counts().exchanges.asked, 1);
  assert.deepEqual(scene.middleman.sent, []);
});

test("a `Retry-After` of the exchange is forwarded", async () => {
  const headers = { "Retry-After": "40" };
  scene.sandbox.control.failNext({ path: TOKEN_PATHS[0], status: 429, headers, count: 10 });
  await scene.withWorker({ ...SECRETS, ...scene.variables() }, async (backend) => {
    const answer = await scene.ask(backend, "/services", { headers: await scene.assertion() });
    assertProblem(answer, 503, "P4P_RATE_LIMITED");
    // Less than 40 by the time that has passed.
    assert.match(answer.headers.get("Retry-After") ?? "", /^([1-9]|[1-3]\d|40)$/);
  });
});

test("it compiles with the packed package's own types", async () => {
  runOrThrow("tsc", ["-p", join(await copyBackend("backend-types"), "tsconfig.json")]);
});

scene.showsNoSecret();
