// npx pay4power-auth: no output holds the key or a token, also if a command fails. `CommandLine` searches each output.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { accepted, jwt } from "./portable/harness.ts";
import { cli, folderWith, keys, NODES, scripted } from "./support/cli-world.ts";
import type { CommandLine } from "./support/command-line.ts";

const unique = randomUUID();
/** With characters that JSON, a shell and a file of variables escape. */
const KEY = `PRIV_KEY_/"+$\\${unique}`;
const signature = randomUUID();
const TOKEN = jwt({ exp: 4_102_444_800 }).replace(/[^.]+$/, signature);
const secrets = [
  { text: KEY, unique },
  { text: TOKEN, unique: signature },
];

const headers = { "X-Debug": `${KEY} ${TOKEN}`, "X-Correlation-Id": TOKEN, "Retry-After": TOKEN };
const all = `${KEY} ${TOKEN} ${JSON.stringify({ KEY })}`;
const refusal = (statusCode: number) =>
  JSON.stringify({
    success: false,
    statusCode,
    message: all,
    errors: [all, { [all]: all }],
    correlationId: KEY,
    data: { token: TOKEN },
  });

const FAULTS: Readonly<Record<string, object>> = {
  ...Object.fromEntries(
    [401, 429, 500].map((status) => [status, { status, headers, body: refusal(status) }]),
  ),
  "no JSON": { headers, body: `<p>${all}</p>` },
  "half an answer": { headers, body: refusal(400).slice(0, -9) },
  "a token that has ended": { headers, body: accepted({ token: TOKEN, expiresAt: 1 }) },
  "a redirect": { status: 307, headers: { ...headers, Location: `/?${encodeURIComponent(KEY)}` } },
  "a reset": { fault: "reset" },
  "half a body": { fault: "break" },
};

/** The commands that make an exchange, each in both forms. */
const EXCHANGES = ["check", "token", "header"].flatMap((command) => [
  [command],
  [command, "--json"],
]);

for (const [version, node] of NODES) {
  describe(`on Node ${version}, no output has a secret`, { concurrency: 2 }, () => {
    const run: CommandLine["run"] = (args, options = {}) => cli.run(args, { node, ...options });
    const fails: CommandLine["run"] = async (args, options) => {
      const result = await run(args, options);
      assert.notEqual(result.code, 0, args.join(" "));
      assert.ok((result.stdout + result.stderr).length > 10, "something is told");
      return result;
    };

    for (const [name, script] of Object.entries(FAULTS)) {
      test(name, async () => {
        cli.guard(...secrets);
        for (const args of EXCHANGES) {
          await fails(args, { env: scripted(script, { PAY4POWER_PRIVATE_KEY: KEY }) });
        }
      });
    }

    test("a key in place of another variable, or with a character too many", async () => {
      cli.guard(...secrets);
      for (const name of [
        "PUBLIC_KEY",
        "ENVIRONMENT",
        "TOKEN_URL",
        "AUTHORIZATION",
        "PRIVATE_KEY",
      ]) {
        const env = keys({ PAY4POWER_PRIVATE_KEY: KEY, [`PAY4POWER_${name}`]: `${KEY}\n` });
        for (const args of EXCHANGES) {
          await fails(args, { env });
        }
      }
    });

    test("a file of variables with mistakes", async () => {
      cli.guard(...secrets);
      for (const text of [
        `PAY4POWER_PRIVATE_KEY="${KEY}`,
        `PAY4POWER_PRIVATE_KEY '${KEY}'\n`,
        `${KEY}\n`,
        `PAY4POWER_PUBLIC_KEY=${KEY}\nPAY4POWER_PRIVATE_KEY=\n`,
        `${KEY}=PAY4POWER_PRIVATE_KEY\n\0${KEY}`,
      ]) {
        const cwd = folderWith({ ".env": text, keys: text });
        for (const args of [...EXCHANGES, ["check", "--keys-file", "keys"]]) {
          await fails(args, { cwd });
        }
      }
    });

    test("a token that is no JWT, and one that is", async () => {
      cli.guard(...secrets);
      const [head = "", payload = ""] = TOKEN.split(".");
      for (const token of [
        `${head}.${payload}é.${signature}`,
        `${head}.${signature}`,
        `${head}.${signature}.${payload}`,
        `${TOKEN}.${KEY}`,
        `Bearer${TOKEN}`,
        KEY,
      ]) {
        for (const args of [["claims"], ["claims", "--json"]]) {
          await fails(args, { input: token });
          await fails([...args, token]);
        }
      }
      for (const args of [["claims"], ["claims", "--json"]]) {
        assert.equal((await run(args, { input: TOKEN })).code, 0);
      }
    });
  });
}
