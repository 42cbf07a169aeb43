// A Worker never resumes an exchange whose request has returned. The exchange keeps memory of the Wasm and of the
// JavaScript heap. After 100 such exchanges the package starts another instance, so that this memory does not pile up.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { startWorker, type Worker } from "../scripts/workerd.ts";
import { type ScriptServer, startScriptServer } from "./support/script-server.ts";
import { heapBytesOf } from "./support/workerd-heap.ts";
import { newest, onBuild, own } from "./support/workerds.ts";

/** Whose promises wake anybody, as it was before October 2024; and of today. */
const runtimes = [
  { workerd: own, compatibilityDate: "2024-09-25" },
  { workerd: newest, compatibilityDate: newest.newestDate },
];

const BATCHES = 20;
const BATCH = 100;
const AT_ONCE = 50;
const MIB = 1_024 * 1_024;
/** What the Wasm may have at any time. A batch takes about 0.15 MiB while it is under way. */
const MAX_WASM_BYTES = 2 * MIB;
/** What the JavaScript heap may grow by. All batches together take 12 MiB and more if nothing ends them. */
const MAX_HEAP_GROWTH = 4 * MIB;

/** A core that is never replaced fails the test by this time. */
const LIMIT_MS = 300_000;

/** What the Worker tells. */
interface Told {
  /** How many requests have left an exchange behind. */
  readonly left: number;
  /** How many instances there were. */
  readonly made: number;
  /** The memory of the newest one. */
  readonly bytes: number;
}

let service: ScriptServer;
const workers: Worker[] = [];
const printed: string[] = [];
before(async () => {
  const support = join(root, "tests", "support");
  const folder = makeConsumer(join(root, "target", "consumers", "left-behind"), await build(), {
    "worker.ts": join(support, "left-behind-worker.ts"),
    "instances.ts": join(support, "instances.ts"),
  });
  service = await startScriptServer();
  const urlOf = (id: string, script: object) =>
    `${service.url}/answer/${id}?script=${encodeURIComponent(JSON.stringify(script))}`;
  for (const { workerd, compatibilityDate } of runtimes) {
    const start = () =>
      startWorker({
        entry: join(folder, "worker.ts"),
        bindings: {
          TOKEN_URL: urlOf("token", { lifetimeS: 3_600 }),
          SILENT_URL: urlOf("silent", { fault: "silent" }),
        },
        compatibilityDate,
        inspectorPort: 0,
        onOutput: (text) => printed.push(text),
      });
    workers.push(await onBuild(workerd, start));
  }
});
after(async () => {
  await Promise.all(workers.map(({ worker }) => worker.dispose()));
  await service.close();
});

describe("2,000 requests that return while their exchange is under way", {
  concurrency: runtimes.length,
}, () => {
  for (const [index, { workerd, compatibilityDate }] of runtimes.entries()) {
    test(`workerd ${workerd.version}, ${compatibilityDate}`, { timeout: LIMIT_MS }, async () => {
      const worker = workers[index];
      assert.ok(worker);
      const ask = async (path: string): Promise<Told> => {
        const url = new URL(path, worker.url);
        const response = await fetch(url, { signal: AbortSignal.timeout(30_000) });
        const text = await response.text();
        assert.equal(response.status, 200, text);
        return JSON.parse(text) as Told;
      };
      const heapBytes = () => heapBytesOf(worker, () => ask("/token"));
      const first = await ask("/token");
      assert.equal(first.made, 1);
      const heapBytesAtFirst = await heapBytes();
      for (let batch = 1; batch <= BATCHES; batch++) {
        let begun = 0;
        const leave = async () => {
          while (begun < BATCH) {
            begun += 1;
            const { made, bytes } = await ask("/leave");
            assert.equal(made, batch);
            assert.ok(bytes <= MAX_WASM_BYTES, `${bytes} bytes`);
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, leave));
        // Exchanges that succeed: the first one that finds all of those past their time gets a new core.
        let told = await ask("/token");
        while (told.made === batch) {
          assert.ok(told.bytes <= MAX_WASM_BYTES, `${told.bytes} bytes`);
          told = await ask("/token");
        }
        assert.deepEqual(told, { left: batch * BATCH, made: batch + 1, bytes: first.bytes });
      }
      const heapGrowth = (await heapBytes()) - heapBytesAtFirst;
      assert.ok(heapGrowth <= MAX_HEAP_GROWTH, `the heap grew by ${heapGrowth} bytes`);
    });
  }
});

test("workerd has not warned of promises of requests that have ended", () => {
  assert.deepEqual(
    printed.filter((text) => /promise|request context/i.test(text)),
    [],
  );
});
