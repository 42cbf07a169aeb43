// What becomes of a token that is asked for in a Worker's global scope.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { startWorker } from "../scripts/workerd.ts";
import { startScriptServer } from "./support/script-server.ts";

test("in a Worker's global scope a token can't be had, and the error says so", async () => {
  const files = { "worker.ts": join(root, "tests", "support", "global-scope-worker.ts") };
  const folder = makeConsumer(join(root, "target", "consumers", "global"), await build(), files);
  const service = await startScriptServer();
  const script = encodeURIComponent(JSON.stringify({ lifetimeS: 3_600 }));
  const { url, worker } = await startWorker({
    entry: join(folder, "worker.ts"),
    bindings: { TOKEN_URL: `${service.url}/answer/global?script=${script}` },
  });
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(20_000) });
    const { ended, hasToken } = (await answer.json()) as {
      readonly ended: readonly Record<"code" | "message" | "cause", string>[];
      readonly hasToken: boolean;
    };
    assert.equal(ended.length, 4);
    for (const { code, message, cause } of ended) {
      assert.equal(code, "P4P_INVALID_OPTIONS");
      assert.match(message, /while a request is handled/);
      assert.match(cause, /global scope/);
    }
    assert.ok(hasToken);
  } finally {
    await worker.dispose();
    await service.close();
  }
});
