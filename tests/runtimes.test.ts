// The portable suite, on every runtime.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { BASE_PATH, KEYS, TOKEN_PATHS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { root } from "../scripts/setup.mjs";
import type { Places } from "./portable/harness.ts";
import { cases } from "./portable/suite.ts";
import { runtimes } from "./support/runtimes.ts";
import { type ScriptServer, startScriptServer } from "./support/script-server.ts";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};
let sandbox: Sandbox;
let script: ScriptServer;
let tarball: string;

before(async () => {
  [sandbox, script, tarball] = await Promise.all([startSandbox(), startScriptServer(), build()]);
});
after(() => Promise.all([sandbox.close(), script.close()]));

for (const runtime of runtimes) {
  describe(runtime.name, async () => {
    const results = new Map<string, string | undefined>();
    before(async () => {
      const origin = sandbox.baseUrl.slice(0, -BASE_PATH.length);
      const places: Places = {
        tokenUrls: TOKEN_PATHS.map((path) => origin + BASE_PATH + path),
        ...KEYS,
        scriptUrl: script.url,
        version,
        browser: false,
      };
      for (const { name, error } of await runtime.run(tarball, places)) {
        results.set(name, error);
      }
    });
    for (const { name } of cases) {
      test(name, () => {
        assert.ok(results.has(name), "was not run");
        assert.equal(results.get(name), undefined);
      });
    }
  });
}
