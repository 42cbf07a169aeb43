// npx pay4power-auth: the keys, from the environment or from a file.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { KEYS } from "../sandbox/service.ts";
import { accepted, scripted } from "./portable/harness.ts";
import {
  cli,
  envFile,
  errorIn,
  exchanges,
  folderWith,
  json,
  keys,
  NODES,
  sandbox,
  server,
} from "./support/cli-world.ts";
import type { CommandLine, Env } from "./support/command-line.ts";

for (const [version, node] of NODES) {
  const run: CommandLine["run"] = (args, options = {}) => cli.run(args, { node, ...options });

  describe(`on Node ${version}, keys`, () => {
    const source = async (cwd: string, env: Env = {}, args: readonly string[] = []) => {
      const result = await run(["check", "--json", ...args], { cwd, env });
      return result.code === 0 ? json(result)["keysFrom"] : errorIn(result)["message"];
    };

    test("come from .env or .dev.vars, the first with one of the variables", async () => {
      assert.equal(await source(folderWith({ ".env": envFile() })), ".env");
      assert.equal(await source(folderWith({ ".dev.vars": envFile() })), ".dev.vars");
      const other = folderWith({ ".env": "OTHER=1\n", ".dev.vars": `# keys\nexport ${envFile()}` });
      assert.equal(await source(other), ".dev.vars");
      const both = folderWith({
        ".env": envFile(),
        ".dev.vars": "PAY4POWER_PRIVATE_KEY=PRIV_KEY_w",
      });
      assert.equal(await source(both), ".env");
      const folder = folderWith({});
      mkdirSync(join(folder, ".env"));
      assert.match(String(await source(folder)), /neither in the environment/);
    });

    test("the environment wins, variable by variable, and an empty variable counts as absent", async () => {
      const wrong = { PAY4POWER_PRIVATE_KEY: "PRIV_KEY_wrong-in-file" };
      const cwd = folderWith({ ".env": envFile(wrong) });
      cli.guard(wrong.PAY4POWER_PRIVATE_KEY);
      assert.match(String(await source(cwd)), /keys rejected/);
      assert.equal(await source(cwd, keys()), "the environment");
      const { PAY4POWER_PRIVATE_KEY = "" } = keys();
      const rest = folderWith({ ".env": `PAY4POWER_PUBLIC_KEY=${KEYS.publicKey}` });
      const { PAY4POWER_TOKEN_URL = "" } = keys();
      const env = { PAY4POWER_PRIVATE_KEY, PAY4POWER_TOKEN_URL };
      assert.equal(await source(rest, env), ".env and the environment");
      const empty = folderWith({ ".env": envFile() });
      assert.equal(await source(empty, { PAY4POWER_PRIVATE_KEY: "" }), ".env");
    });

    test("have an `Authorization` beside them if a gateway wants one, which no output shows", async () => {
      const authorization = "Bearer sandbox-gateway-token";
      cli.guard(authorization);
      const body = accepted({ token: "opaque-token-of-the-test", expiresAt: 4_102_444_800 });
      const service = scripted({ scriptUrl: server.url }, { body });
      const env = { ...keys(), PAY4POWER_TOKEN_URL: service.url };
      assert.equal((await run(["check"], { env })).code, 0);
      assert.equal(
        (await run(["check"], { env: { ...env, PAY4POWER_AUTHORIZATION: authorization } })).code,
        0,
      );
      const calls = await service.calls();
      assert.deepEqual(
        calls.map(({ headers }) => headers["authorization"]),
        [undefined, authorization],
      );
    });

    test("an address of a file that the user did not name gets no key of the environment", async () => {
      const { PAY4POWER_PUBLIC_KEY = "", PAY4POWER_PRIVATE_KEY = "" } = keys();
      const cwd = folderWith({ ".env": envFile() });
      const before = exchanges();
      for (const env of [
        { PAY4POWER_PRIVATE_KEY },
        { PAY4POWER_PUBLIC_KEY, PAY4POWER_PRIVATE_KEY },
      ]) {
        assert.equal(
          await source(cwd, env),
          "PAY4POWER_TOKEN_URL is in .env, and PAY4POWER_PRIVATE_KEY in the environment: put both in one place, or name the file with --keys-file",
        );
        assert.equal(exchanges(), before);
      }
      const named = folderWith({ address: `PAY4POWER_TOKEN_URL=${sandbox.tokenUrl}` });
      const env = { PAY4POWER_PUBLIC_KEY, PAY4POWER_PRIVATE_KEY };
      const args = ["--keys-file", "address"];
      assert.equal(await source(named, env, args), "the environment");
    });

    test("a file of --keys-file with one key is not mixed with the environment's other key", async () => {
      const names = ["PAY4POWER_PUBLIC_KEY", "PAY4POWER_PRIVATE_KEY"];
      const before = exchanges();
      for (const [absent, present] of [names, names.toReversed()] as [string, string][]) {
        const half = folderWith({ half: envFile({ [absent]: "" }) });
        for (const env of [{}, keys()]) {
          const { code, stdout, stderr } = await run(["check", "--keys-file", "half"], {
            cwd: half,
            env,
          });
          assert.deepEqual([code, stdout], [2, ""], present);
          assert.equal(
            stderr,
            `pay4power-auth: ${absent} is not in the file of --keys-file, which has the other key: put both into it\n`,
          );
        }
      }
      assert.equal(exchanges(), before, "nothing is sent");
    });

    test("--keys-file names another file", async () => {
      const cwd = folderWith({
        "staging.env": envFile(),
        ".env": envFile({ PAY4POWER_PRIVATE_KEY: "PRIV_KEY_w" }),
        none: "OTHER=1",
      });
      assert.equal(await source(cwd, {}, ["--keys-file", "staging.env"]), "staging.env");
      const old = { PAY4POWER_PRIVATE_KEY: "PRIV_KEY_old-in-environment" };
      cli.guard(old.PAY4POWER_PRIVATE_KEY);
      const tried = await source(cwd, keys(old), ["--keys-file", "staging.env"]);
      assert.equal(tried, "staging.env", "the file wins");
      assert.match(
        String(await source(cwd, {}, ["--keys-file", "none"])),
        /^PAY4POWER_PUBLIC_KEY and PAY4POWER_PRIVATE_KEY are neither in the environment nor in the file of --keys-file; --sandbox needs no keys$/,
      );
      const missing = await run(["check", "--keys-file", "missing"], { cwd });
      assert.deepEqual([missing.code, missing.stdout], [2, ""]);
      assert.match(missing.stderr, /the file "missing" can't be read \(ENOENT\)\n/);
    });
  });
}
