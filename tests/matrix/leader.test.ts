// On Workers a request that leads an exchange may end before the exchange does, and takes its
// network connections with it. Those who wait for it, and all who come later, must not hang.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/setup.mjs";
import { startWorker } from "../scripts/workerd.ts";
import { type ScriptServer, startScriptServer } from "./support/script-server.ts";

const own = createRequire(import.meta.url);
const newest = own("workerd") as { default: string; version: string };
const ofMiniflare = createRequire(own.resolve("miniflare"))("workerd") as typeof newest;

let service: ScriptServer;
let entry: string;
before(async () => {
  const folder = join(root, "target", "consumers", "leader");
  const files = { "worker.ts": join(root, "tests", "support", "leader-worker.ts") };
  entry = join(makeConsumer(folder, await build(), files), "worker.ts");
  service = await startScriptServer();
});
after(() => service.close());

/** What another request's promise does to the one that waits for it: the default, and as it was. */
const modes = [[], ["no_handle_cross_request_promise_resolution"]];
let services = 0;

for (const runtime of [ofMiniflare, newest]) {
  for (const compatibilityFlags of modes) {
    describe(`workerd ${runtime.version} ${compatibilityFlags.join()}`, () => {
      for (const waitUntil of [false, true]) {
        for (const afterMs of [0, 150]) {
          const name = `a leader that leaves after ${afterMs} ms, ${waitUntil ? "with" : "without"} waitUntil`;
          test(name, async () => {
            const inTurn = [{ lifetimeS: 3_600, held: true }, { lifetimeS: 3_600 }];
            const script = encodeURIComponent(JSON.stringify({ inTurn }));
            const id = `leader-${++services}`;
            process.env["MINIFLARE_WORKERD_PATH"] = runtime.default;
            const { url, worker } = await startWorker({
              entry,
              bindings: {
                TOKEN_URL: `${service.url}/answer/${id}?script=${script}`,
                // Kept alive, it has all the time that it needs; else its waiters soon give it up.
                TIMEOUT_MS: waitUntil ? "8000" : "1000",
              },
              compatibilityFlags,
            });
            delete process.env["MINIFLARE_WORKERD_PATH"];
            try {
              const get = async (path: string) => {
                const signal = AbortSignal.timeout(60_000);
                const response = await fetch(new URL(path, url), { signal });
                return { status: response.status, text: await response.text() };
              };
              const leader = get(`/leave?afterMs=${afterMs}${waitUntil ? "&waitUntil" : ""}`);
              // It is the one that leads, and no other that overtook it.
              await (afterMs === 0 ? leader : service.called(id));
              const ask = () => Promise.all(Array.from({ length: 50 }, () => get("/token")));
              const waiting = ask();
              await leader;
              await service.called(id);
              if (waitUntil) {
                service.release(id);
              }
              const waiters = await waiting;
              service.release(id);
              const answers = [...waiters, ...(await ask())];
              assert.ok(
                answers.every(({ status }) => status === 200),
                answers.map(({ text }) => text).join(),
              );
              assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
              const events = JSON.parse((await get("/events")).text) as string[];
              const starts = events.filter((event) => /^exchange\.start \w+ 1$/.test(event));
              // Kept alive, the leader's own exchange serves all; else one waiter makes another, as
              // soon as it sees that nobody leads any more.
              const own = ["exchange.start absent 1"];
              assert.deepEqual(starts, waitUntil ? own : [...own, "exchange.start abandoned 1"]);
            } finally {
              await worker.dispose();
            }
          });
        }
      }
    });
  }
}
