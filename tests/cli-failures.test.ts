// npx pay4power-auth: failures of the exchange, and mistakes of the user.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import type { AuthErrorCode } from "pay4power-auth";
import { FAILURES } from "../cli/advice.ts";
import { CODES } from "../docs/on-call/codes.js";
import { KEYS } from "../sandbox/service.ts";
import { cli, errorIn, keys, NODES, refused, scripted, USAGE_LINE } from "./support/cli-world.ts";
import type { CommandLine, Env } from "./support/command-line.ts";

for (const [version, node] of NODES) {
  const run: CommandLine["run"] = (args, options = {}) => cli.run(args, { node, ...options });

  describe(`on Node ${version}, failures`, () => {
    const cases: readonly [name: string, code: AuthErrorCode, exitCode: number, env: () => Env][] =
      [
        [
          "wrong keys",
          "P4P_CREDENTIALS_REJECTED",
          3,
          () => keys({ PAY4POWER_PRIVATE_KEY: "PRIV_KEY_w" }),
        ],
        [
          "a busy service",
          "P4P_RATE_LIMITED",
          1,
          () =>
            scripted({
              status: 429,
              headers: { "Retry-After": "3600" },
              body: refused(429, "Slow down."),
            }),
        ],
        ["a service that is down", "P4P_SERVICE_UNAVAILABLE", 1, () => scripted({ status: 503 })],
        [
          "a service that can't do it",
          "P4P_SERVICE_UNAVAILABLE",
          4,
          () => scripted({ status: 501 }),
        ],
        [
          "no service",
          "P4P_NETWORK",
          1,
          () => keys({ PAY4POWER_TOKEN_URL: "http://127.0.0.1:9/" }),
        ],
        [
          "a redirect",
          "P4P_REDIRECTED",
          4,
          () => scripted({ status: 302, headers: { Location: "/" } }),
        ],
        [
          "another address",
          "P4P_BAD_RESPONSE",
          4,
          () => scripted({ status: 404, body: refused(404, "None.") }),
        ],
        ["a page in place of an answer", "P4P_BAD_RESPONSE", 1, () => scripted({ body: "<html>" })],
        [
          "another environment",
          "P4P_TOKEN_UNUSABLE",
          4,
          () => scripted({ lifetimeS: 60 }, { PAY4POWER_ENVIRONMENT: "LIVE" }),
        ],
      ];
    for (const [name, code, exitCode, env] of cases) {
      test(`${name}: ${code}, ${exitCode}`, async () => {
        const [inWords, asJson] = await Promise.all([
          run(["check"], { env: env() }),
          run(["check", "--json"], { env: env() }),
        ]);
        assert.deepEqual([inWords.code, asJson.code], [exitCode, exitCode]);
        assert.deepEqual([inWords.stderr, asJson.stderr], ["", ""]);
        const { advice } = FAILURES[code];
        for (const part of [
          `✗ ${CODES[code].meaning}\n`,
          `code            ${code}`,
          advice,
          "host            127.0.0.1",
        ]) {
          assert.ok(inWords.stdout.includes(part), `${part} is not in ${inWords.stdout}`);
        }
        const isRetryable = exitCode === 1;
        assert.match(
          inWords.stdout,
          isRetryable ? /retry {11}may help/ : /retry {11}does not help/,
        );
        const error = errorIn(asJson);
        assert.equal(error["code"], code);
        assert.equal(error["retryable"], isRetryable);
        assert.equal(error["advice"], advice);
        assert.match(String(error["host"]), /^127\.0\.0\.1:\d+$/);
      });
    }

    test("the service's own words, its id and the time to wait are told", async () => {
      const busy = () =>
        scripted({
          status: 429,
          headers: { "Retry-After": "3600" },
          body: refused(429, "Slow down."),
        });
      const { stdout } = await run(["check"], { env: busy() });
      assert.match(stdout, /Slow down\./);
      assert.match(stdout, /correlation id {2}corr-1\n/);
      assert.match(stdout, /retry {11}may help, in 60 min\n/);
      const error = errorIn(await run(["check", "--json"], { env: busy() }));
      assert.deepEqual([error["correlationId"], error["retryAfterMs"]], ["corr-1", 3_600_000]);
    });

    test("token and header leave stdout empty, and explain on stderr", async () => {
      for (const command of ["token", "header"]) {
        const wrong = keys({ PAY4POWER_PRIVATE_KEY: "PRIV_KEY_w" });
        const { code, stdout, stderr } = await run([command], { env: wrong });
        assert.deepEqual([code, stdout], [3, ""], command);
        assert.match(stderr, /^✗ The service does not accept the keys\.\n/);
        const asJson = await run([command, "--json"], { env: wrong });
        assert.equal(errorIn(asJson)["code"], "P4P_CREDENTIALS_REJECTED");
        assert.deepEqual([asJson.code, asJson.stderr], [3, ""]);
      }
    });

    test("what is not valid is one sentence with the variable's name, and nothing is sent", async () => {
      for (const [changes, code, message] of [
        [
          { PAY4POWER_PRIVATE_KEY: "secret-and-blank " },
          "P4P_INVALID_OPTIONS",
          /PAY4POWER_PRIVATE_KEY must/,
        ],
        [
          { PAY4POWER_TOKEN_URL: "http://example.com/" },
          "P4P_INSECURE_URL",
          /PAY4POWER_TOKEN_URL must be https/,
        ],
        [{ PAY4POWER_TOKEN_URL: "no address" }, "P4P_INVALID_OPTIONS", /PAY4POWER_TOKEN_URL must/],
        [
          { PAY4POWER_TOKEN_URL: "", PAY4POWER_ENVIRONMENT: "LIVE" },
          "P4P_INVALID_OPTIONS",
          /PAY4POWER_TOKEN_URL must be given/,
        ],
      ] as const) {
        const env = keys(changes);
        for (const command of ["check", "token"]) {
          const { code: exitCode, stdout, stderr } = await run([command], { env });
          assert.deepEqual([exitCode, stdout], [2, ""], stderr);
          assert.match(stderr, USAGE_LINE);
          assert.match(stderr, message);
        }
        const asJson = await run(["check", "--json"], { env });
        assert.deepEqual([errorIn(asJson)["code"], errorIn(asJson)["host"]], [code, null]);
        assert.deepEqual([asJson.code, asJson.stderr], [2, ""]);
      }
    });

    test("a service that echoes the keys and a token, with codes of a terminal, does no harm", async () => {
      const token = `${Buffer.from("{}").toString("base64url")}.echo.echo`;
      const message = `\u001b[31mred\u009b2J \u202e$BODY ${token}`;
      const echo = { message, correlationId: `\u001b]0;title\u0007$BODY`, errors: [{ message }] };
      const secretKey = `PRIV_KEY_${randomUUID()}`;
      const body = JSON.stringify({ success: false, statusCode: 401, ...echo, data: { token } });
      cli.guard(token);
      for (const args of [
        ["check"],
        ["check", "--json"],
        ["token"],
        ["token", "--json"],
        ["header"],
      ]) {
        const env = scripted(
          { fault: "echo", status: 401, body },
          { PAY4POWER_PRIVATE_KEY: secretKey },
        );
        const { code, stdout, stderr } = await run(args, { env });
        assert.equal(code, 3, args.join(" "));
        // biome-ignore lint/suspicious/noControlCharactersInRegex: these are looked for.
        assert.doesNotMatch(stdout + stderr, /[\u001b\u0007\u009b\u202e]/);
      }
    });
  });

  describe(`on Node ${version}, mistakes`, () => {
    const mistakes: readonly [args: readonly string[], message: RegExp][] = [
      [["chekc"], /unknown command 'chekc' \(did you mean check\?\)/],
      [["check", "--jsno"], /unknown option '--jsno' \(did you mean --json\?\)/],
      [["token", "surplus"], /too many arguments/],
      [["help", "chekc"], /name a command; --help lists them/],
      [["--control"], /unknown option/],
      [
        ["check"],
        /PAY4POWER_PUBLIC_KEY and PAY4POWER_PRIVATE_KEY are neither in the environment nor in \.env or \.dev\.vars/,
      ],
      [
        ["check", "--sandbox", "http"],
        /--sandbox must be a whole number from 0 to 65535, found "http"/,
      ],
      ...["check", "token", "header"].map((command): [string[], RegExp] => [
        [command, "--sandbox", "--keys-file", "missing"],
        /option '--sandbox \[port\]' cannot be used with option '--keys-file <file>'/,
      ]),
      [["claims"], /stdin is empty/],
      [["claims", "no-jwt"], /expected a JWT/],
      [["sandbox", "--port", "http"], /--port must be a whole number/],
      [["sandbox", "--lifetime", "-1"], /--lifetime must be a whole number|argument missing/],
      [["sandbox", "--latency", "600001"], /--latency must be a whole number from 0 to 600000/],
    ];
    for (const [args, message] of mistakes) {
      test(`${args.join(" ")}: one sentence, 2`, async () => {
        const { code, stdout, stderr } = await run(args);
        assert.deepEqual([code, stdout], [2, ""], stderr);
        assert.match(stderr, USAGE_LINE);
        assert.match(stderr, message);
      });
    }

    test("as JSON they have the same message, and a code", async () => {
      for (const [args, code] of [
        [["check", "--jsno", "--json"], "CLI_USAGE"],
        [["check", "--json"], "CLI_CONFIGURATION"],
        [["sandbox", "--port", "http", "--json"], "CLI_USAGE"],
        [["claims", "no-jwt", "--json"], "P4P_BAD_TOKEN"],
      ] as const) {
        const result = await run(args);
        assert.deepEqual([result.code, result.stderr], [2, ""]);
        const { message, ...error } = errorIn(result);
        assert.equal(error["code"], code);
        assert.equal(typeof message, "string");
        assert.deepEqual(
          [error["host"], error["retryable"], error["correlationId"]],
          [null, false, null],
        );
      }
    });

    test("a key as an argument is refused, and not repeated", async () => {
      for (const args of [
        ["token", KEYS.privateKey],
        ["check", `--private-key=${KEYS.privateKey}`],
        [KEYS.publicKey],
        ["claims", "priv_key_lower-case"],
      ]) {
        const { code, stdout, stderr } = await run(args);
        assert.deepEqual([code, stdout], [2, ""]);
        assert.match(stderr, USAGE_LINE);
        assert.match(stderr, /an argument looks like a key/);
        assert.doesNotMatch(stderr, /sandbox-0|priv_key_lower/);
      }
      const unknown = await run(["check", "--key=hunter2hunter2"]);
      assert.match(unknown.stderr, /unknown option \(/);
      const token = await run(["eyJhbGciOiJIUzI1NiJ9.e30.c2ln"]);
      assert.match(token.stderr, /unknown command \(/);
    });
  });
}
