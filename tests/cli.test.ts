// npx pay4power-auth, as npm installs it from the packed tarball: with pipes and in a terminal, over real sockets.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import type { AuthErrorCode } from "pay4power-auth";
import { FAILURES } from "../cli/advice.ts";
import { MEANINGS } from "../cli/exit-codes.ts";
import { CODES } from "../docs/on-call/codes.js";
import { type Sandbox, startSandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { build } from "../scripts/build.ts";
import { freePort } from "../scripts/local-server.ts";
import { root } from "../scripts/project.mjs";
import {
  CommandLine,
  type Env,
  environment,
  installedNodes,
  installWithNpm,
  type Result,
  textOf,
} from "./support/command-line.ts";
import { type ScriptServer, startScriptServer } from "./support/script-server.ts";

const COMMANDS = ["check", "token", "header", "claims", "sandbox"];
const TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
const USAGE_LINE = /^pay4power-auth: [^\n]+\n$/;

const NODES = installedNodes();

let sandbox: Sandbox;
let server: ScriptServer;
let cli: CommandLine;
before(async () => {
  [sandbox, server] = await Promise.all([startSandbox({ lifetimeS: 3_600 }), startScriptServer()]);
  cli = new CommandLine(installWithNpm(await build()));
});
after(async () => {
  rmSync(cli.folder, { recursive: true, force: true });
  await Promise.all([sandbox.close(), server.close()]);
});

/** The environment with the sandbox's keys, asking the sandbox. */
const keys = (changes: Env = {}): Env => ({
  PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
  PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
  PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
  ...changes,
});

/** The environment with these keys, asking a service that answers as `script` says. */
function scripted(script: object, changes: Env = {}): Env & { readonly id: string } {
  const id = randomUUID();
  const address = `${server.url}/token/${id}?script=${encodeURIComponent(JSON.stringify(script))}`;
  return { ...keys({ PAY4POWER_TOKEN_URL: address, ...changes }), id };
}

const refused = (statusCode: number, message: string, more: object = {}) =>
  JSON.stringify({ success: false, statusCode, message, correlationId: "corr-1", ...more });

/** Makes an empty folder below the installed package's, with `files` in it. */
function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(cli.folder, "folder-"));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const envFile = (changes: Env = {}) =>
  Object.entries(keys(changes))
    .map(([name, value]) => `${name}="${value}"\n`)
    .join("");

const exchanges = () => sandbox.control.counts().exchanges.asked;
const json = ({ stdout }: Result) => JSON.parse(stdout) as Record<string, unknown>;
const errorIn = (result: Result) => json(result)["error"] as Record<string, unknown>;

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
      assert.equal(await source(cwd, { PAY4POWER_PRIVATE_KEY }), ".env and the environment");
      const empty = folderWith({ ".env": envFile() });
      assert.equal(await source(empty, { PAY4POWER_PRIVATE_KEY: "" }), ".env");
    });

    test("--keys-file names another file", async () => {
      const cwd = folderWith({
        "staging.env": envFile(),
        ".env": envFile({ PAY4POWER_PRIVATE_KEY: "PRIV_KEY_w" }),
        half: "PAY4POWER_PUBLIC_KEY=PUB_KEY_x",
      });
      assert.equal(await source(cwd, {}, ["--keys-file", "staging.env"]), "staging.env");
      assert.match(
        String(await source(cwd, {}, ["--keys-file", "half"])),
        /^PAY4POWER_PRIVATE_KEY is neither in the environment nor in the file of --keys-file$/,
      );
      const missing = await run(["check", "--keys-file", "missing"], { cwd });
      assert.deepEqual([missing.code, missing.stdout], [2, ""]);
      assert.match(missing.stderr, /the file "missing" can't be read \(ENOENT\)\n/);
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
