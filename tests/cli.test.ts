// npx pay4power-auth, as npm installs it from the packed tarball: its commands with pipes, its help and its document.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { FAILURES } from "../cli/advice.ts";
import { MEANINGS } from "../cli/exit-codes.ts";
import { freePort } from "../scripts/local-server.ts";
import { root } from "../scripts/project.mjs";
import { COMMANDS, cli, json, keys, NODES, sandbox, scripted, TOKEN } from "./support/cli-world.ts";
import { type CommandLine, environment, textOf } from "./support/command-line.ts";

test("Node 20 is among the versions that run it", {
  skip: !NODES.has("20") && "NOT RUN, Node 20 is missing",
}, () => {
  assert.ok(NODES.size >= 2);
});

for (const [version, node] of NODES) {
  const run: CommandLine["run"] = (args, options = {}) => cli.run(args, { node, ...options });

  describe(`on Node ${version}, with pipes`, () => {
    test("npx finds it by the package's name", async () => {
      const child = spawn("npx", ["--offline", "pay4power-auth", "--version"], {
        cwd: cli.folder,
        env: environment({}, node),
      });
      const [out] = await Promise.all([textOf(child.stdout), once(child, "close")]);
      const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
      assert.deepEqual([out, child.exitCode], [`${version}\n`, 0]);
    });

    test("token prints the token alone, and the service takes it", async () => {
      const { code, stdout, stderr } = await run(["token"], { env: keys(), mayShowSecrets: true });
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout.trimEnd(), TOKEN);
      const headers = { Authorization: `Bearer ${stdout.trimEnd()}` };
      assert.equal((await fetch(`${sandbox.baseUrl}/services`, { headers })).status, 200);
    });

    test("token --json tells of the token what a program needs", async () => {
      const result = await run(["token", "--json"], { env: keys(), mayShowSecrets: true });
      const { token, expiresAt, expiresInMs, correlationId, ...rest } = json(result);
      assert.match(String(token), TOKEN);
      assert.equal(new Date(String(expiresAt)).toISOString(), expiresAt);
      assert.ok(Number(expiresInMs) > 3_000_000 && Number(expiresInMs) <= 3_600_000);
      assert.match(String(correlationId), /^[0-9a-f-]{36}$/);
      const host = new URL(sandbox.baseUrl).host;
      assert.deepEqual(rest, { tokenType: "Bearer", environment: "TEST", host });
      assert.deepEqual([result.code, result.stderr], [0, ""]);
    });

    test("header prints a header", async () => {
      const { code, stdout } = await run(["header"], { env: keys(), mayShowSecrets: true });
      const [, token = ""] = /^Authorization: Bearer (\S+)\n$/.exec(stdout) ?? [];
      assert.equal(code, 0);
      assert.match(token, TOKEN);
      const asJson = await run(["header", "--json"], { env: keys(), mayShowSecrets: true });
      assert.equal(json(asJson)["header"], "Authorization");
      assert.match(String(json(asJson)["value"]), /^Bearer eyJ/);
    });

    test("claims decodes an argument, stdin and a header, and says that nothing is verified", async () => {
      const { stdout: token } = await run(["token"], { env: keys(), mayShowSecrets: true });
      for (const [args, input] of [
        [["claims", token.trim()], ""],
        [["claims"], token],
        [["claims", "-"], `\n  ${token}`],
        [["claims"], `Authorization: Bearer ${token}`],
      ] as const) {
        const { code, stdout, stderr } = await run(args, { input });
        assert.equal(code, 0, args.join(" "));
        assert.equal(JSON.parse(stdout).merchant_name, "Merchant_1");
        assert.equal(stderr, "Nothing is verified: only the service can check the signature.\n");
      }
      const quiet = await run(["claims", "--json"], { input: token });
      assert.deepEqual([json(quiet)["tier"], quiet.stderr], ["Diamond", ""]);
    });

    test("check says what worked", async () => {
      const { code, stdout, stderr } = await run(["check"], { env: keys() });
      assert.deepEqual([code, stderr], [0, ""]);
      assert.match(stdout, /^✓ The service accepts the keys/);
      for (const part of [
        `host            ${new URL(sandbox.baseUrl).host}`,
        "environment     TEST",
        "keys from       the environment",
        "merchant        Merchant_1",
        "in 60 min",
        "1 attempt",
      ]) {
        assert.ok(stdout.includes(part), `${part} is not in ${stdout}`);
      }
      assert.match(stdout, /correlation id {2}[0-9a-f-]{36}\n/);
      const asJson = await run(["check", "--json"], { env: keys() });
      const { ok, attempts, keysFrom, durationMs } = json(asJson);
      assert.deepEqual([ok, attempts, keysFrom], [true, 1, "the environment"]);
      assert.ok(Number.isInteger(durationMs));
    });

    test("--sandbox needs no keys", async () => {
      const { port } = new URL(sandbox.baseUrl);
      const { code, stdout } = await run(["check", "--sandbox", port]);
      assert.equal(code, 0);
      assert.match(stdout, /keys from {7}the sandbox's example keys/);
      const absent = await run(["check", "--sandbox", String(await freePort())]);
      assert.equal(absent.code, 1);
      assert.match(absent.stdout, /ECONNREFUSED[\s\S]*npx pay4power-auth sandbox/);
    });

    test("a second attempt is counted", async () => {
      const twice = scripted({ inTurn: [{ fault: "reset" }, { lifetimeS: 60 }] });
      const { code, stdout } = await run(["check"], { env: twice });
      assert.equal(code, 0);
      assert.match(stdout, /, 2 attempts\n/);
    });
  });

  describe(`on Node ${version}, help`, () => {
    test("lists the commands, the variables and the exit codes", async () => {
      const { code, stdout, stderr } = await run([]);
      assert.deepEqual([code, stderr], [0, ""]);
      assert.deepEqual(
        [await run(["--help"]), await run(["help"])].map((help) => help.stdout),
        [stdout, stdout],
      );
      for (const [exitCode, meaning] of Object.entries(MEANINGS)) {
        assert.ok(stdout.includes(`  ${exitCode}  ${meaning}\n`), meaning);
      }
      for (const word of [...COMMANDS, "PAY4POWER_PRIVATE_KEY", "Examples:"]) {
        assert.ok(stdout.includes(word), word);
      }
    });

    test("each command has its own, with examples", async () => {
      for (const command of COMMANDS) {
        const { code, stdout } = await run([command, "--help"]);
        assert.equal(code, 0);
        assert.match(stdout, new RegExp(`^Usage: pay4power-auth ${command} `));
        assert.match(stdout, /--json/);
        assert.match(stdout, new RegExp(`Examples:\n  \\$ .*pay4power-auth ${command}`));
        assert.equal((await run(["help", command])).stdout, stdout);
      }
    });
  });

  describe(`on Node ${version}, broken outputs`, () => {
    test("a reader that is gone ends it in silence", async () => {
      const child = cli.start(["claims"], { node });
      child.stdout.destroy();
      await once(child.stdout, "close");
      child.stdin.end("eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln");
      const stderr = textOf(child.stderr);
      const [code] = (await once(child, "close")) as [number];
      assert.deepEqual([code, (await stderr).replace(/^Nothing is verified.*\n/, "")], [0, ""]);
    });

    test("a full disk is one sentence", {
      skip: !existsSync("/dev/full") && "NOT RUN, /dev/full is missing",
    }, async () => {
      const child = spawn(node, [cli.file, "claims", "eyJhbGciOiJIUzI1NiJ9.e30.c2ln"], {
        stdio: ["ignore", openSync("/dev/full", "w"), "pipe"],
        env: environment({}, node),
      });
      assert.match(
        await textOf(child.stderr as AsyncIterable<Buffer>),
        /can't be written \(ENOSPC\)\n$/,
      );
    });
  });
}

describe("docs/cli.md", () => {
  const text = readFileSync(join(root, "docs", "cli.md"), "utf8");

  test("its examples work", async () => {
    const [, block = ""] = /^```sh\n([\s\S]*?)^```$/m.exec(text) ?? [];
    const examples = block.trim().split("\n");
    assert.ok(examples.length > 3);
    for (const example of examples) {
      const child = spawn("sh", ["-e", "-c", example], {
        cwd: cli.folder,
        env: environment(keys({ PAY4POWER_BASE_URL: sandbox.baseUrl })),
      });
      const [stdout, stderr] = await Promise.all([
        textOf(child.stdout),
        textOf(child.stderr),
        once(child, "close"),
      ]);
      assert.equal(child.exitCode, 0, `${example}\n${stderr}`);
      assert.notEqual(stdout, "", example);
      assert.equal(stderr.replace(/^Nothing is verified.*\n/, ""), "", example);
    }
  });

  test("its exit codes are those of the program", () => {
    const rows = [...text.matchAll(/^\| (\d) \| ([^|]+?) \| ([^|]*?) ?\|$/gm)];
    const meanings = rows.map(([, exitCode, meaning]) => [exitCode, meaning]);
    assert.deepEqual(meanings, Object.entries(MEANINGS));
    for (const [code, { exitCode }] of Object.entries(FAILURES)) {
      const row = rows.find(([, , , codes = ""]) => codes.includes(`\`${code}\``));
      assert.equal(Number(row?.[1] ?? 4), exitCode, code);
    }
  });

  test("it names every command and every variable", async () => {
    for (const command of COMMANDS) {
      assert.match(text, new RegExp(`^\\| \`${command}( \\[token\\])?\` \\|`, "m"));
    }
    const { stdout } = await cli.run(["--help"]);
    for (const variable of new Set(stdout.match(/PAY4POWER_\w+/g))) {
      assert.ok(text.includes(`| \`${variable}\` |`), variable);
    }
  });
});
