// The deployed Worker: `/healthz`, and mistakes in the environment.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { KEYS, TOKEN_PATHS } from "../sandbox/service.ts";
import { runOrThrow } from "../scripts/command.ts";
import { copyBackend } from "./support/backend.ts";
import { assertProblem, WorkerWorld } from "./support/worker-world.ts";

const world = new WorkerWorld({ sharesBackend: true });

test("`/healthz` gets one token for all requests, and does not show it", async () => {
  const all = await Promise.all(
    Array.from({ length: 20 }, () => world.ask(world.backend, "/healthz")),
  );
  for (const { status, body } of all) {
    assert.equal(status, 200);
    assert.deepEqual(body, { status: "ok", token: "at hand" });
  }
  assert.equal(world.sandbox.control.counts().exchanges.asked, 1);
  assert.equal((await world.ask(world.backend, "/healthz")).status, 200);
  assert.equal(world.sandbox.control.counts().exchanges.asked, 1);
});

test("a missing or wrong variable is named in the log of the start, and in every answer", async () => {
  const good = world.bindings();
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
    const logs = await world.withWorker(bindings, async (backend) => {
      for (const path of ["/healthz", "/services", "/nothing"]) {
        const answer = await world.ask(backend, path);
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
    await world.withWorker(world.bindings({ [name]: value }), async (backend) => {
      for (const answer of [
        await world.ask(backend, "/healthz"),
        await world.askWithAccess("/services", {}, backend),
      ]) {
        assertProblem(answer, 503, String(answer.body["code"]));
        assert.match(String(answer.body["code"]), /^P4P_(INVALID_OPTIONS|INSECURE_URL)$/);
        assert.ok(String(answer.body["detail"]).includes(name), answer.text);
      }
    });
  }
});

test("with rejected keys `/healthz` says so, and no request causes another exchange", async () => {
  const wrong = world.bindings({ PAY4POWER_PRIVATE_KEY: "PRIV_KEY_sandbox-wrong" });
  await world.withWorker(wrong, async (backend) => {
    for (let round = 0; round < 3; round++) {
      assertProblem(await world.ask(backend, "/healthz"), 503, "P4P_CREDENTIALS_REJECTED");
      const answer = await world.pay("rejected", {}, backend);
      assertProblem(answer, 503, "P4P_CREDENTIALS_REJECTED");
      assert.equal(answer.body["outcome"], "not sent");
      assert.match(String(answer.body["correlationId"]), /^[0-9a-f-]{36}$/);
    }
  });
  assert.equal(world.sandbox.control.counts().exchanges.asked, 1);
  assert.deepEqual(world.serviceProxy.sent, []);
});

test("a `Retry-After` of the exchange is forwarded", async () => {
  const headers = { "Retry-After": "40" };
  world.sandbox.control.failNext({ path: TOKEN_PATHS[0], status: 429, headers, count: 10 });
  await world.withWorker(world.bindings(), async (backend) => {
    const answer = await world.askWithAccess("/services", {}, backend);
    assertProblem(answer, 503, "P4P_RATE_LIMITED");
    // Less than 40 by the time that has passed.
    assert.match(answer.headers.get("Retry-After") ?? "", /^([1-9]|[1-3]\d|40)$/);
  });
});

test("the Worker compiles with the types of the packed package", async () => {
  runOrThrow("tsc", ["-p", join(await copyBackend("backend-types"), "tsconfig.json")]);
});

world.testNoSecretIsShown();
