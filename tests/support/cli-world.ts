// The command line as npm installs it from the packed tarball, beside a sandbox and a scripted service. A test file that
// imports this module gets one of each, for all its tests.
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before } from "node:test";
import { type Sandbox, startSandbox } from "../../sandbox/server.ts";
import { KEYS } from "../../sandbox/service.ts";
import { build } from "../../scripts/build.ts";
import {
  CommandLine,
  type Env,
  installedNodes,
  installWithNpm,
  type Result,
} from "./command-line.ts";
import { type ScriptServer, startScriptServer } from "./script-server.ts";

export const COMMANDS = ["check", "token", "header", "claims", "sandbox"];
export const TOKEN = /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/;
export const USAGE_LINE = /^pay4power-auth: [^\n]+\n$/;

export const NODES = installedNodes();

export let sandbox: Sandbox;
export let server: ScriptServer;
export let cli: CommandLine;
before(async () => {
  [sandbox, server] = await Promise.all([startSandbox({ lifetimeS: 3_600 }), startScriptServer()]);
  cli = new CommandLine(installWithNpm(await build()));
});
after(async () => {
  rmSync(cli.folder, { recursive: true, force: true });
  await Promise.all([sandbox.close(), server.close()]);
});

/** The environment with the sandbox's keys, asking the sandbox. */
export const keys = (changes: Env = {}): Env => ({
  PAY4POWER_PUBLIC_KEY: KEYS.publicKey,
  PAY4POWER_PRIVATE_KEY: KEYS.privateKey,
  PAY4POWER_TOKEN_URL: sandbox.tokenUrl,
  ...changes,
});

/** The environment with these keys, asking a service that answers as `script` says. */
export function scripted(script: object, changes: Env = {}): Env & { readonly id: string } {
  const id = randomUUID();
  const address = `${server.url}/token/${id}?script=${encodeURIComponent(JSON.stringify(script))}`;
  return { ...keys({ PAY4POWER_TOKEN_URL: address, ...changes }), id };
}

export const refused = (statusCode: number, message: string, more: object = {}) =>
  JSON.stringify({ success: false, statusCode, message, correlationId: "corr-1", ...more });

/** Makes an empty folder below the installed package's, with `files` in it. */
export function folderWith(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(cli.folder, "folder-"));
  for (const [name, text] of Object.entries(files)) {
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

export const envFile = (changes: Env = {}) =>
  Object.entries(keys(changes))
    .map(([name, value]) => `${name}="${value}"\n`)
    .join("");

export const exchanges = () => sandbox.control.counts().exchanges.asked;
export const json = ({ stdout }: Result) => JSON.parse(stdout) as Record<string, unknown>;
export const errorIn = (result: Result) => json(result)["error"] as Record<string, unknown>;
