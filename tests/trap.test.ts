// What becomes of traps between the requests of a Worker. The rest is tests/portable/trap.ts and after-trap.ts.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { buildPaths } from "../scripts/build/paths.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { startWorker } from "../scripts/workerd.ts";
import { startScriptServer } from "./support/script-server.ts";

let folder: string;
before(async () => {
  const files = { "worker.ts": join(root, "tests", "support", "leader-worker.ts") };
  folder = makeConsumer(join(root, "target", "consumers", "trap"), await build("trap"), files);
});

test("what is published has no trap in it", async () => {
  await build();
  const hasTrap = (dist: string) =>
    readFileSync(join(dist, "core.wasm")).includes("PAY4POWER_TRAP");
  assert.ok(hasTrap(buildPaths(["trap"]).dist));
  assert.ok(!hasTrap(buildPaths([]).dist));
});

for (const compatibilityFlags of [[], ["no_handle_cross_request_promise_resolution"]]) {
  const name = "on Workers, a request that traps ends the waits of others";
  test([name, ...compatibilityFlags].join(", "), async () => {
    const service = await startScriptServer();
    const script = JSON.stringify({ inTurn: [{ fault: "silent" }, { lifetimeS: 3_600 }] });
    const { url, worker } = await startWorker({
      entry: join(folder, "worker.ts"),
      bindings: { TOKEN_URL: `${service.url}/answer/trap?script=${encodeURIComponent(script)}` },
      compatibilityFlags,
    });
    const get = async (path: string) => {
      const response = await fetch(new URL(path, url), { signal: AbortSignal.timeout(10_000) });
      return { status: response.status, text: await response.text() };
    };
    try {
      const failed = { status: 500, text: '{"code":"P4P_INTERNAL"}' };
      const waits = Promise.all(Array.from({ length: 50 }, () => get("/token")));
      while ((await get("/waiting")).text !== "50") {}
      assert.deepEqual(await get("/trap"), failed);
      // As it was before October 2024, they go on within the request that trapped. When that has
      // ended meanwhile, the platform ends them, as soon as it sees that.
      const isOld = compatibilityFlags.length > 0;
      for (const { status, text } of await waits) {
        const isEnded = isOld && text.includes("will never complete");
        assert.ok(status === 500 && (text === failed.text || isEnded), text);
      }
      const answers = await Promise.all(Array.from({ length: 50 }, () => get("/token")));
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    } finally {
      await worker.dispose();
      await service.close();
    }
  });
}
