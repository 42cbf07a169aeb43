// The options of a coordinator and of its clients: what is wrong is named at the start.
import assert from "node:assert/strict";
import { before, describe, test } from "node:test";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import {
  askObject,
  type ErrorRecord,
  loadCloudflare,
  newCoordinator,
  stateInMemory,
} from "./support/coordinator.ts";
import { assertNoSecret } from "./support/leaks.ts";

let lib: typeof Cloudflare;
before(async () => {
  lib = await loadCloudflare("coordinator-options");
});

describe("what is wrong is named at the start", () => {
  const namespace = { idFromName: () => "", get: () => ({ fetch }) };
  const baseUrl = "https://api.example/v1";

  test("of a client", () => {
    const rows: [name: string, namespace: unknown, options: unknown][] = [
      ["namespace", undefined, { baseUrl }],
      ["namespace", null, { baseUrl }],
      ["namespace", "COORDINATOR", { baseUrl }],
      ["namespace", { get: () => {} }, { baseUrl }],
      ["options", namespace, undefined],
      ["baseUrl", namespace, {}],
      ["baseUrl", namespace, { baseUrl: "/v1" }],
      ["name", namespace, { baseUrl, name: "" }],
      ["name", namespace, { baseUrl, name: " " }],
      ["name", namespace, { baseUrl, name: null }],
      ["fetch", namespace, { baseUrl, fetch: 1 }],
      ["onEvent", namespace, { baseUrl, onEvent: {} }],
      ["waitUntil", namespace, { baseUrl, waitUntil: true }],
    ];
    for (const [name, given, options] of rows) {
      assert.throws(
        () => lib.coordinatorClient(given as never, options as never),
        { code: "P4P_INVALID_OPTIONS", message: new RegExp(`\`${name}\``) },
        name,
      );
    }
    assert.throws(() => lib.coordinatorClient(null as never, { baseUrl }), {
      message: "`namespace` must be a binding of Durable Objects, found null",
    });
    assert.throws(() => lib.coordinatorClient(namespace, { baseUrl, name: " " }), {
      message: "`name` must be a string that is not blank, found a string",
    });
    assert.throws(() => lib.coordinatorClient(namespace, { baseUrl: "http://api.example" }), {
      code: "P4P_INSECURE_URL",
    });
  });

  test("of an object, by its secret", async () => {
    const state = { storage: {}, waitUntil() {} };
    const keys = { PAY4POWER_PUBLIC_KEY: "PUB_KEY_x", PAY4POWER_PRIVATE_KEY: "PRIV_KEY_x" };
    const rows: [name: string, env: unknown][] = [
      ["PAY4POWER_PUBLIC_KEY", undefined],
      ["PAY4POWER_PUBLIC_KEY", { PAY4POWER_PRIVATE_KEY: "PRIV_KEY_x" }],
      ["PAY4POWER_PRIVATE_KEY", { PAY4POWER_PUBLIC_KEY: "PUB_KEY_x" }],
      ["PAY4POWER_PRIVATE_KEY", { ...keys, PAY4POWER_PRIVATE_KEY: "PUB_KEY_y" }],
      ["PAY4POWER_TOKEN_URL", { ...keys, PAY4POWER_ENVIRONMENT: "LIVE" }],
      ["PAY4POWER_TOKEN_URL", { ...keys, PAY4POWER_TOKEN_URL: "auth/token" }],
    ];
    for (const [name, env] of rows) {
      const object = new lib.TokenCoordinator(state as never, env);
      const { error } = (await askObject(object)) as { error: ErrorRecord };
      assert.equal(error.code, "P4P_INVALID_OPTIONS");
      assert.ok(error.message.includes(`\`${name}\``), error.message);
      assertNoSecret(error.message, ["KEY_x"]);
      await object.alarm();
    }
  });
});

test("an object sends the `Authorization` of its environment with the exchange", async () => {
  const sandbox = await startSandbox();
  const sent: (string | null)[] = [];
  try {
    const env = {
      PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
      PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
      PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
      PAY4POWER_AUTHORIZATION: "Bearer sandbox-gateway-token",
    };
    const object = new lib.TokenCoordinator(stateInMemory(), env, {
      fetch: (url: string, init: RequestInit) => {
        sent.push(new Headers(init.headers).get("Authorization"));
        return fetch(url, init);
      },
    });
    assert.ok("token" in ((await askObject(object)) as object));
    assert.deepEqual(sent, ["Bearer sandbox-gateway-token"]);
  } finally {
    await sandbox.close();
  }
});

test("an object takes nothing from a polluted prototype", async () => {
  const sandbox = await startSandbox();
  const called: string[] = [];
  const inherited = {
    PAY4POWER_ENVIRONMENT: "LIVE",
    credentials: async () => void called.push("credentials"),
    onEvent: () => void called.push("onEvent"),
  };
  for (const [name, value] of Object.entries(inherited)) {
    Object.defineProperty(Object.prototype, name, { value, configurable: true });
  }
  try {
    const object = newCoordinator(lib, sandbox.tokenUrl, {});
    Reflect.deleteProperty(Object.prototype, "credentials"); // a Request would take it
    const answer = (await askObject(object)) as { token?: { claims: { environment: string } } };
    assert.equal(answer.token?.claims.environment, "TEST", JSON.stringify(answer));
    assert.deepEqual(called, []);
  } finally {
    for (const name of Object.keys(inherited)) {
      Reflect.deleteProperty(Object.prototype, name);
    }
    await sandbox.close();
  }
});
