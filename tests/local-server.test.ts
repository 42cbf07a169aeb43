// Servers and ports of this machine, for tests that send a thousand requests at once.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { freePort, listen } from "../scripts/local-server.ts";

test("a port is returned once, and is outside the range of outgoing connections", async () => {
  const ports = await Promise.all(Array.from({ length: 100 }, () => freePort()));
  assert.equal(new Set(ports).size, 100);
  assert.deepEqual(
    ports.filter((port) => port < 20_000 || port >= 32_768),
    [],
  );
});

test("a port that is taken, or was returned before, is not returned again", async () => {
  const wanted = await freePort();
  assert.notEqual(await freePort(wanted), wanted);
  const { origin, close } = await listen(createServer());
  const busy = Number(new URL(origin).port);
  assert.notEqual(await freePort(busy), busy);
  await close();
});

test("a server keeps an idle connection for longer than its clients do", async () => {
  const { origin, close } = await listen(createServer((_, response) => response.end()));
  const { headers } = await fetch(origin);
  assert.equal(headers.get("keep-alive"), "timeout=120");
  await close();
});
