// Registers the portable suite's cases for a runtime.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { BASE_PATH, KEYS, TOKEN_PATHS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { root } from "../../scripts/setup.mjs";
import type { Places } from "../portable/harness.ts";
import { cases } from "../portable/suite.ts";
import type { Runtime } from "./runtimes.ts";
import { type ScriptServer, startScriptServer } from "./script-server.ts";

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
};

/** `allowedOrigin` is the runtime's own, when it is a page. */
export function runsPortableSuite(
  runtime: Runtime,
  { allowedOrigin }: { allowedOrigin?: string } = {},
): void {
  describe(runtime.name, () => {
    let sandbox: Sandbox;
    let script: ScriptServer;
    const results = new Map<string, string | undefined>();
    before(async () => {
      sandbox = await startSandbox({ allowedOrigin, control: true });
      script = await startScriptServer();
      const origin = sandbox.baseUrl.slice(0, -BASE_PATH.length);
      const places: Places = {
        tokenUrls: TOKEN_PATHS.map((path) => origin + BASE_PATH + path),
        ...KEYS,
        scriptUrl: script.url,
        version,
        browser: allowedOrigin !== undefined,
      };
      for (const { name, error } of await runtime.run(await build(), places)) {
        results.set(name, error);
      }
    });
    after(() => Promise.all([sandbox.close(), script.close()]));
    for (const { name } of cases) {
      test(name, () => {
        assert.ok(results.has(name), "was not run");
        assert.equal(results.get(name), undefined);
      });
    }
  });
}
