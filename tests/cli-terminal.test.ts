// npx pay4power-auth in a pseudo-terminal.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { cli, exchanges, keys, NODES, scripted, server } from "./support/cli-world.ts";
import type { CommandLine } from "./support/command-line.ts";

for (const [version, node] of NODES) {
  const run: CommandLine["run"] = (args, options = {}) => cli.run(args, { node, ...options });

  describe(`on Node ${version}, in a terminal`, () => {
    const inTerminal: CommandLine["startInTerminal"] = (args, options = {}) =>
      cli.startInTerminal(args, { node, ...options });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for.
    const COLOUR = /\u001b\[\d+m/;
    const SPINNER = /[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]/;

    test("token and header refuse before the exchange, and print with --show", async () => {
      for (const command of ["token", "header"]) {
        const before = exchanges();
        const refusal = inTerminal([command], { env: keys() });
        assert.equal(await refusal.exit(), 2);
        assert.match(
          refusal.output,
          new RegExp(`\`${command}\` does not print a token to a terminal: .*--show`),
        );
        const asJson = inTerminal([command, "--json"], { env: keys() });
        assert.equal(await asJson.exit(), 2);
        assert.equal(exchanges(), before);
        const shown = inTerminal([command, "--show"], { env: keys(), mayShowSecrets: true });
        assert.equal(await shown.exit(), 0);
        assert.match(shown.output, /eyJ[\w-]+\.[\w-]+\.[\w-]+\r\n$/);
      }
    });

    test("claims shows moments in words", async () => {
      const claims = inTerminal(["claims", "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjEsIm5iZiI6IngifQ.c2ln"]);
      assert.equal(await claims.exit(), 0);
      assert.match(claims.output, /exp .*1970-01-01T00:00:01Z, \d+ days ago/);
      assert.doesNotMatch(claims.output, /nbf {2}/);
      const none = inTerminal(["claims"]);
      assert.equal(await none.exit(), 2);
      assert.match(none.output, /needs a token: pipe it/);
    });

    test("colours are there only, unless NO_COLOR or FORCE_COLOR decides", async () => {
      for (const [env, isColoured] of [
        [{}, true],
        [{ NO_COLOR: "1" }, false],
        [{ TERM: "dumb" }, false],
        [{ FORCE_COLOR: "0" }, false],
      ] as const) {
        const check = inTerminal(["check"], { env: keys(env) });
        assert.equal(await check.exit(), 0);
        assert.equal(COLOUR.test(check.output), isColoured, JSON.stringify(env));
      }
      assert.doesNotMatch((await run(["check"], { env: keys() })).stdout, COLOUR);
      assert.match((await run(["check"], { env: keys({ FORCE_COLOR: "1" }) })).stdout, COLOUR);
    });

    test("slow work shows a spinner there, and nowhere else", async () => {
      const held = () => scripted({ held: true, lifetimeS: 60 });
      // These have waited for longer than the last one, when that one shows its spinner.
      const quiet = await Promise.all(
        [{ CI: "true" }, { TERM: "dumb" }, {}].map(async (env, index) => {
          const { id, ...rest } = held();
          const args = index === 2 ? ["check", "--json"] : ["check"];
          const check = inTerminal(args, { env: { ...rest, ...env } });
          await server.called(id);
          return { id, check };
        }),
      );
      const piped = held();
      const pipe = run(["check"], { env: piped });
      await server.called(piped.id);
      const shown = held();
      const check = inTerminal(["check"], { env: shown });
      await check.shows(SPINNER);
      await check.shows(/Asking 127\.0\.0\.1:\d+ for a token/);
      for (const { id } of [...quiet, piped, shown]) {
        server.release(id);
      }
      assert.equal(await check.exit(), 0);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the cursor comes back.
      assert.match(check.output, /\u001b\[\?25h[\s\S]*✓/);
      for (const { check } of quiet) {
        assert.equal(await check.exit(), 0);
        assert.doesNotMatch(check.output, SPINNER);
      }
      const { stdout, stderr } = await pipe;
      assert.doesNotMatch(stdout + stderr, SPINNER);
    });

    test("Ctrl-C ends slow work at once, and gives the cursor back", async () => {
      const { id, ...env } = scripted({ held: true, lifetimeS: 60 });
      const check = inTerminal(["check"], { env });
      await check.shows(SPINNER);
      check.type("\u0003");
      assert.equal(await check.exit(), 130);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the cursor comes back.
      assert.match(check.output, /\u001b\[\?25h/);
      server.release(id);
    });

    test("Ctrl-C closes the sandbox", async () => {
      const started = inTerminal(["sandbox", "--port", "0"], { mayShowSecrets: true });
      await started.shows(/Ctrl-C stops it/);
      const [, baseUrl = ""] = /baseUrl +(\S+)/.exec(started.output) ?? [];
      assert.equal((await fetch(`${baseUrl}/services`)).status, 401);
      started.type("\u0003");
      assert.equal(await started.exit(), 130);
      await assert.rejects(fetch(`${baseUrl}/services`));
    });
  });
}
