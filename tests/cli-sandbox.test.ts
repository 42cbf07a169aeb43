// npx pay4power-auth sandbox.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, test } from "node:test";
import { KEYS } from "../sandbox/service.ts";
import { cli, folderWith, NODES, sandbox } from "./support/cli-world.ts";
import { type CommandLine, environment, textOf } from "./support/command-line.ts";

for (const [version, node] of NODES) {
  const run: CommandLine["run"] = (args, options = {}) => cli.run(args, { node, ...options });

  describe(`on Node ${version}, the sandbox`, () => {
    /** Starts the command, and returns its first output. */
    async function start(...args: string[]) {
      const child = cli.start(["sandbox", "--port", "0", ...args], { node });
      const stderr = textOf(child.stderr);
      const [first] = (await once(child.stdout, "data")) as [Buffer];
      const end = async (signal: NodeJS.Signals) => {
        child.kill(signal);
        const [code] = (await once(child, "close")) as [number | null];
        return { code, stderr: await stderr };
      };
      return { printed: first.toString(), end };
    }

    test("prints what npm run sandbox prints, and a program and a shell's lines that work", async () => {
      const { printed, end } = await start();
      try {
        const [, program = ""] = /In a program:\n\n([\s\S]*?)\n\nIn a shell:/.exec(printed) ?? [];
        const [, shell = ""] = /In a shell:\n\n([\s\S]*?)\n\nCtrl-C/.exec(printed) ?? [];
        const folder = folderWith({ "program.mjs": program });
        const child = spawn(node, ["program.mjs"], { cwd: folder, env: environment({}, node) });
        assert.match(await textOf(child.stdout), /statusCode: 200,/);
        const sh = spawn("sh", ["-e", "-c", shell], { cwd: folder, env: environment({}, node) });
        assert.match(await textOf(sh.stdout), /^✓ /);
        assert.match(printed, /^Pay4Power sandbox\n\n {2}token address {2}http/);
      } finally {
        assert.deepEqual(await end("SIGINT"), { code: 130, stderr: "" });
      }
    });

    test("--json prints an object, and the options count", async () => {
      const { printed, end } = await start("--json", "--control", "--lifetime", "7");
      const { baseUrl, tokenUrl, controlUrl, ...rest } = JSON.parse(printed) as Record<
        string,
        string
      >;
      assert.deepEqual(rest, { ...KEYS, environment: "TEST" });
      const status = (await (await fetch(controlUrl ?? "")).json()) as { data: object };
      assert.equal((status.data as { lifetimeS: number }).lifetimeS, 7);
      assert.ok(tokenUrl?.startsWith(baseUrl ?? "-"));
      assert.deepEqual(await end("SIGTERM"), { code: 143, stderr: "" });
      await assert.rejects(fetch(controlUrl ?? ""));
    });

    test("a port that is taken is a mistake", async () => {
      const { port } = new URL(sandbox.baseUrl);
      const { code, stderr } = await run(["sandbox", "--port", port]);
      assert.deepEqual(
        [code, stderr],
        [2, `pay4power-auth: port ${port} is taken by another program\n`],
      );
    });
  });
}
