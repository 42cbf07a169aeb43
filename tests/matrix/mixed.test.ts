// One instance for whoever imports and whoever requires, on every Node.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, test } from "node:test";
import { transformSync } from "esbuild";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import { nodes } from "./servers.ts";
import { consumer } from "./tools.ts";

let folder: string;
let sandbox: Sandbox;
before(async () => {
  folder = consumer("mixed", await build());
  const source = readFileSync(join(import.meta.dirname, "mixed-process.ts"), "utf8");
  writeFileSync(join(folder, "mixed.mjs"), transformSync(source, { loader: "ts" }).code);
  sandbox = await startSandbox();
});
after(() => sandbox.close());

for (const { about, command } of nodes) {
  for (const first of ["import", "require"]) {
    const name = `${about.name}, both in one process, ${first} first`;
    if (about.missing !== undefined) {
      // Never passed: skipped where somebody may lack it, failed where nobody may.
      test(`${name}: NOT RUN, ${about.missing} is missing`, (t) => {
        assert.ok(!process.env["CI"], "CI must have every runtime");
        t.skip();
      });
      continue;
    }
    test(name, async () => {
      const options = JSON.stringify({ ...KEYS, tokenUrl: sandbox.tokenUrl });
      const args = ["mixed.mjs", options, first];
      const child = spawn(command[0], args, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      const ended = once(child, "exit");
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
      const [code] = await ended;
      assert.equal(code, 0, err);
      assert.match(out, /^v\d+\.[\d.]+: TEST$/);
      assert.ok(about.name.includes(out.slice(1, -": TEST".length)), `${out} on ${about.name}`);
    });
  }
}
