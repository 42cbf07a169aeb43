// Whether the platform takes a cache mode with an exchange. The package asks it once in a process, so each test here has
// a package of its own.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";
import { afterEach, before, test } from "node:test";
import type * as Library from "pay4power-auth";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { FakeService, StandIns } from "./support/fake-service.ts";

let tarball: string;
const globals = new StandIns();
before(async () => {
  tarball = await build();
});
afterEach(() => globals.restore());

/** Makes two exchanges with a new package. Returns what `fetch` got, and how often a `Request` was made. */
async function exchange(name: string, takes: (init: RequestInit) => boolean) {
  const folder = makeConsumer(join(root, "target", "consumers", `exchange-cache-${name}`), tarball);
  const lib = createRequire(join(folder, "index.cjs"))("pay4power-auth") as typeof Library;
  const service = new FakeService();
  const inits: RequestInit[] = [];
  let requests = 0;
  const { Request } = globalThis;
  globals.set(
    "Request",
    class extends Request {
      constructor(input: RequestInfo | URL, init: RequestInit = {}) {
        super(input, init);
        requests += 1;
        if (!takes(init)) {
          throw new TypeError("unsupported cache mode");
        }
      }
    },
  );
  const fetch: typeof globalThis.fetch = (url, init) => {
    inits.push(init ?? {});
    return service.fetch(url, init);
  };
  for (let times = 0; times < 2; times++) {
    await lib.authenticate({ ...service.options, fetch });
  }
  return { inits, requests };
}

test("no cache keeps an exchange, if the platform takes a cache mode", async () => {
  const { inits, requests } = await exchange("taken", () => true);
  assert.deepEqual(
    inits.map(({ cache }) => cache),
    ["no-store", "no-store"],
  );
  assert.equal(requests, 1);
});

test("an exchange has no cache mode if the platform refuses it", async () => {
  const { inits, requests } = await exchange("refused", ({ cache }) => cache === undefined);
  assert.deepEqual(
    inits.map((init) => "cache" in init),
    [false, false],
  );
  assert.equal(requests, 1);
});
