// The clocks of a coordinator's object and of its clients, put ahead or back while an answer is on its way.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import type * as Cloudflare from "pay4power-auth/cloudflare";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { askObject, loadCloudflare, namespaceOf, newCoordinator } from "./support/coordinator.ts";

let sandbox: Sandbox;
let lib: typeof Cloudflare;

before(async () => {
  sandbox = await startSandbox();
  lib = await loadCloudflare("coordinator-clocks");
});
after(() => sandbox.close());

describe("clocks that are put ahead or back", () => {
  const HOUR_MS = 3_600_000;
  const wall = Date.now;
  afterEach(() => {
    Date.now = wall;
  });

  /** What an object answers a question with, while its clock is put ahead by so much. */
  const answered = async (aheadMs: number) => {
    const object = newCoordinator(lib, sandbox.tokenUrl, {
      onEvent: ({ type }) => {
        if (type === "exchange.start") {
          Date.now = () => wall() + aheadMs;
        }
      },
    });
    try {
      return await askObject(object);
    } finally {
      Date.now = wall;
    }
  };

  test("of the object, while it answers", async () => {
    for (const hours of [-6, 0, 6]) {
      const answer = await answered(hours * HOUR_MS);
      const client = lib.coordinatorClient(
        namespaceOf(() => Response.json(answer)),
        { baseUrl: sandbox.baseUrl },
      );
      const token = await client.getToken();
      assert.equal(token.isExpired(), false);
      const left = token.expiresInMs();
      assert.ok(left > HOUR_MS - 60_000 && left <= HOUR_MS, `${hours} hours: ${left} ms`);
      client.close();
    }
  });

  test("of an isolate, while it waits for the answer", async () => {
    const answer = await answered(0);
    for (const [hours, asks] of [
      [-6, 1],
      [0, 1],
      [6, 2],
    ] as const) {
      let asked = 0;
      const namespace = namespaceOf(() => {
        asked += 1;
        Date.now = () => wall() + hours * HOUR_MS;
        return Response.json(answer);
      });
      const client = lib.coordinatorClient(namespace, { baseUrl: sandbox.baseUrl });
      const token = await client.getToken();
      assert.equal(token.isExpired(), false);
      const left = token.expiresInMs();
      assert.ok(left > HOUR_MS - 60_000 && left <= HOUR_MS, `${hours} hours: ${left} ms`);
      assert.equal(asked, asks);
      client.close();
      Date.now = wall;
    }
  });
});
