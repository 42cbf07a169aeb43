// Runs the command line of the installed package: with pipes, or in a terminal.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { spawn as spawnInTerminal } from "@lydell/node-pty";
import { KEYS } from "../../sandbox/service.ts";
import { runOrThrow } from "../../scripts/command.ts";
import { bin, root } from "../../scripts/project.mjs";
import type { Secret } from "../portable/search.ts";
import { assertNoSecret } from "./leaks.ts";

export type Env = Readonly<Record<string, string>>;

export interface Result {
  /** `null` if a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  /** The program with which the test runs the command line. */
  readonly node?: string;
  readonly env?: Env;
  readonly cwd?: string;
  readonly input?: string;
  /** True if this command was asked for a token, or for the sandbox's example keys. */
  readonly mayShowSecrets?: boolean;
}

/** Installs the tarball with npm into a new folder outside of this repository. Returns the folder. */
export function installWithNpm(tarball: string): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "pay4power-cli-")));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
  const args = ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error", tarball];
  runOrThrow("npm", args, { cwd: folder });
  return folder;
}

/** Returns the versions of Node that are there: this one, and Node 20. */
export function installedNodes(): ReadonlyMap<string, string> {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== bin);
  const ofMatrix = join(root, "tests", "matrix", "node_modules", "node-20", "bin");
  const paths = [...folders, ofMatrix].map((folder) => join(folder, "node")).filter(existsSync);
  const versions = [process.execPath, ...paths].map((path) => [major(path), path] as const);
  return new Map(versions.filter(([version]) => ["20", major(process.execPath)].includes(version)));
}

function major(node: string): string {
  return /\d+/.exec(runOrThrow(node, ["--version"]))?.[0] ?? "";
}

/** The command line in a folder where npm installed the package. */
export class CommandLine {
  readonly folder: string;
  readonly file: string;
  readonly #secrets = new Set<Secret>([KEYS.privateKey]);

  constructor(folder: string) {
    this.folder = folder;
    this.file = realpathSync(join(folder, "node_modules", ".bin", "pay4power-auth"));
  }

  /** Counts these as secrets that no output may hold. */
  guard(...secrets: readonly Secret[]): void {
    for (const secret of secrets) {
      this.#secrets.add(secret);
    }
  }

  /** Runs a command to its end. Fails if its output has a secret. */
  async run(args: readonly string[], options: RunOptions = {}): Promise<Result> {
    const child = this.start(args, options);
    child.stdin.end(options.input ?? "");
    const stdout = textOf(child.stdout);
    const stderr = textOf(child.stderr);
    const [code] = (await once(child, "close")) as [number | null];
    const result = { code, stdout: await stdout, stderr: await stderr };
    this.check(args, result.stdout + result.stderr, options);
    return result;
  }

  start(args: readonly string[], { node = process.execPath, env = {}, cwd }: RunOptions = {}) {
    this.#learn(env);
    return spawn(node, [this.file, ...args], {
      cwd: cwd ?? this.folder,
      env: environment(env, node),
      stdio: "pipe",
    });
  }

  /** Starts a command in a terminal. */
  startInTerminal(args: readonly string[], options: RunOptions = {}): TerminalRun {
    const { node = process.execPath, env = {}, cwd = this.folder } = options;
    this.#learn(env);
    const check = (output: string) => this.check(args, output, options);
    return new TerminalRun(node, [this.file, ...args], environment(env, node), cwd, check);
  }

  /** Fails if the output shows a key, a token or a stack trace. */
  check(args: readonly string[], output: string, { mayShowSecrets = false }: RunOptions): void {
    assert.doesNotMatch(output, /^ +at .+:\d+/m, args.join(" "));
    if (!mayShowSecrets) {
      assertNoSecretPrinted(args, output, this.#secrets);
    }
  }

  #learn(env: Env): void {
    const key = env["PAY4POWER_PRIVATE_KEY"];
    if (key) {
      this.guard(key);
    }
  }
}

/** Fails if the output shows one of the secrets, or the beginning of any private key or token. */
export function assertNoSecretPrinted(
  args: readonly string[],
  output: string,
  secrets: Iterable<Secret>,
): void {
  assertNoSecret(output, [/PRIV_KEY_|eyJ[\w-]{8}/, ...secrets], args.join(" "));
}

/** A command in a terminal. */
export class TerminalRun {
  output = "";
  readonly #terminal: ReturnType<typeof spawnInTerminal>;
  readonly #exit: Promise<number>;
  readonly #waits = new Set<() => void>();

  constructor(
    node: string,
    args: string[],
    env: Env,
    cwd: string,
    check: (output: string) => void,
  ) {
    const size = { cols: 200, rows: 50 };
    this.#terminal = spawnInTerminal(node, args, { ...size, name: env["TERM"] ?? "", cwd, env });
    this.#terminal.onData((text) => {
      this.output += text;
      for (const look of this.#waits) {
        look();
      }
    });
    this.#exit = new Promise((resolve, reject) => {
      this.#terminal.onExit(({ exitCode, signal }) => {
        try {
          check(this.output);
          assert.ok(!signal, `ended by signal ${signal}`);
          resolve(exitCode);
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** Waits for the end. Returns the exit code. */
  exit(): Promise<number> {
    return this.#exit;
  }

  /** Waits until the output has the pattern. Fails if the command ends without it. */
  async shows(pattern: RegExp): Promise<void> {
    const found = new Promise<void>((resolve) => {
      const look = () => {
        if (pattern.test(this.output)) {
          this.#waits.delete(look);
          resolve();
        }
      };
      this.#waits.add(look);
      look();
    });
    await Promise.race([found, this.exit()]);
    assert.match(this.output, pattern);
  }

  /** Presses keys. */
  type(keys: string): void {
    this.#terminal.write(keys);
  }
}

/** The environment of a command: nothing of this process but the way to its programs. */
export function environment(env: Env, node = process.execPath): Record<string, string> {
  const { PATH = "", HOME = tmpdir() } = process.env;
  const TERM = "xterm-256color";
  return { PATH: `${dirname(node)}${delimiter}${PATH}`, HOME, TERM, ...env };
}

export async function textOf(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
