// The commands and servers of docs/runtimes.md, on the real Deno and Bun.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { before, describe, test } from "node:test";
import { startSandbox } from "../../sandbox/server.ts";
import { build } from "../../scripts/build.ts";
import { freePort } from "../../scripts/local-server.ts";
import { root } from "../../scripts/project.mjs";
import { runCommand } from "../../scripts/setup/commands.mjs";
import { leaks } from "../support/leaks.ts";
import { startRegistry } from "../support/registry.ts";
import { startProgram } from "./program.ts";
import { ENV, fileOf, versionOf } from "./tools.ts";

const [intro = "", ...sections] = readFileSync(join(root, "docs", "runtimes.md"), "utf8").split(
  /^## /m,
);

/** Returns the code blocks of a language, in order. */
const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))].map(
    ([, code = ""]) => code,
  );

let tarball: string;

describe("the guide to Deno and Bun", { concurrency: true }, () => {
  before(async () => {
    tarball = await build();
  });
  assert.deepEqual(
    sections.map((section) => section.split("\n")[0]),
    ["Deno", "Bun"],
  );
  for (const section of sections) {
    const [name = ""] = section.split("\n");
    const version = versionOf(name.toLowerCase());
    if (version !== undefined) {
      test(`its commands and its server work: ${name} ${version}`, () => follow(section));
    } else {
      test(`${name}: NOT RUN, it is missing`, (t) => {
        assert.ok(!process.env["CI"], "CI must have every runtime");
        t.skip();
      });
    }
  }
});

/** Does what a section says: installs the package, writes the server, and starts it in each way. */
async function follow(section: string): Promise<void> {
  const [variables = ""] = blocks(intro, "sh");
  const [install = "", ...starts] = blocks(section, "sh");
  const [server = ""] = blocks(section, "ts");
  assert.ok(starts.length > 0);
  const sandbox = await startSandbox();
  const registry = await startRegistry(tarball);
  const port = await freePort();
  const here = (text: string) =>
    text
      .replaceAll("127.0.0.1:4010", new URL(sandbox.baseUrl).host)
      .replaceAll(/\b8000\b/g, String(port));
  // Not below this repository, whose package.json they would find.
  const folder = mkdtempSync(join(tmpdir(), "pay4power-runtime-"));
  const env = {
    ...ENV,
    PATH: `${fileOf(".bin")}${delimiter}${process.env["PATH"]}`,
    // All that they keep, so that the package comes from this registry.
    DENO_DIR: join(folder, "deno"),
    BUN_INSTALL_CACHE_DIR: join(folder, "bun"),
    NPM_CONFIG_REGISTRY: registry.origin,
  };
  try {
    const installed = await runCommand("bash", ["-ec", install], { cwd: folder, env });
    assert.ok(installed.ok, installed.stderr);
    writeFileSync(join(folder, "server.ts"), here(server));
    for (const start of starts) {
      const commands = here(variables + start.trim()).split("\n");
      const last = commands.pop();
      const script = [...commands, `exec ${last}`].join("\n");
      const program = await startProgram("bash", ["-ec", script], { cwd: folder, env, port });
      try {
        const answer = await fetch(program.origin);
        assert.equal(answer.status, 200, program.output());
        assert.match(await answer.text(), /electricity/);
        sandbox.control.failNext({ path: "/services", kind: "hang" });
        const late = await fetch(program.origin);
        assert.deepEqual([late.status, await late.json()], [502, { code: "NO_ANSWER" }]);
      } finally {
        await program.stop();
      }
      assert.match(program.output(), /exchange\.success/);
      assert.ok(!leaks(program.output()), program.output());
    }
  } finally {
    await Promise.all([sandbox.close(), registry.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
