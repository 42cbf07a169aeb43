// The projects in examples/, each in a copy with the packed package.
import assert from "node:assert/strict";
import { cpSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { parseEnv } from "node:util";
import type { Sandbox } from "../../sandbox/server.ts";
import { freePort } from "../../scripts/local-server.ts";
import { bin, root } from "../../scripts/project.mjs";
import { runCommand } from "../../scripts/setup/commands.mjs";
import { startExampleWorker } from "../support/example-worker.ts";
import { configOf } from "./next.ts";
import { type Program, startProgram } from "./program.ts";
import { commandOf, consumer, deployed, ENV, fileOf, NEXT_16, versionOf } from "./tools.ts";

/** The variables of an example, by their names. */
type Environment = Readonly<Record<string, string>>;

export interface Prepared {
  /** The copy, with what the build wrote. */
  readonly folder: string;
  /** What the build printed. */
  readonly printed: string;
  /** Starts the example. It records payments in the folder `records`. Without that it can't, and fails. */
  start(environment: Environment, records?: string): Promise<Program>;
}

export interface Example {
  /** Its folder in examples/. */
  readonly name: string;
  /** The path above its payments. */
  readonly path: string;
  /** The script of its package.json that its README runs. */
  readonly script: "start" | "dev";
  /** The file that its README copies, and the name of the copy. */
  readonly variables: readonly [from: string, to: string];
  /** The package that it needs and that is not installed. */
  readonly missing?: string;
  /** Makes a copy, checks its types and builds it, as its README says. */
  prepare(tarball: string, environment: Environment): Promise<Prepared>;
}

export const examples: readonly Example[] = [
  {
    name: "cloudflare-worker",
    path: "/payments",
    script: "dev",
    variables: [".dev.vars.example", ".dev.vars"],
    ...missing("wrangler"),
    async prepare(tarball) {
      const folder = await copy("cloudflare-worker", tarball);
      await must(folder, join(bin, "tsc"), ["-p", "."]);
      const args = ["deploy", "--dry-run", "--outdir=out"];
      const printed = await must(folder, commandOf("wrangler"), args);
      const modules = deployed(join(folder, "out"), "index.js");
      return {
        folder,
        printed,
        start: (env, records) => startExampleWorker(modules, { ...env }, records),
      };
    },
  },
  {
    name: "node-hono",
    path: "/payments",
    script: "start",
    variables: [".env.example", ".env"],
    async prepare(tarball) {
      const folder = await copy("node-hono", tarball);
      const printed = await must(folder, join(bin, "tsc"), ["-p", "."]);
      return { folder, printed, start: (env, records) => byScript(folder, "start", env, records) };
    },
  },
  {
    name: "nextjs",
    path: "/api/payments",
    script: "start",
    variables: [".env.example", ".env.local"],
    ...missing("next"),
    async prepare(tarball, environment) {
      const folder = await copy("nextjs", tarball);
      // The TypeScript that the example names: the one in reach has another version.
      symlinkSync(fileOf("typescript-5"), join(folder, "node_modules", "typescript"));
      writeFileSync(join(folder, "next.config.mjs"), configOf(folder, NEXT_16));
      const printed = await must(folder, commandOf("next"), ["build"], environment);
      return { folder, printed, start: (env, records) => byScript(folder, "start", env, records) };
    },
  },
];

function missing(name: string): { missing?: string } {
  return versionOf(name) === undefined ? { missing: name } : {};
}

/** Returns the variables that an example's own file names, for a sandbox. */
export function environmentOf({ name, variables: [file] }: Example, sandbox: Sandbox): Environment {
  const text = readFileSync(join(root, "examples", name, file), "utf8");
  const { origin } = new URL(sandbox.baseUrl);
  return parseEnv(text.replaceAll("http://127.0.0.1:4010", origin)) as Environment;
}

/** Returns the folder in which `startAsReadmeSays` runs. Only its file of variables may hold a key. */
export const readmeFolderOf = ({ folder }: Prepared) => `${folder}-readme`;

/** Starts a copy of a built example as its README says: with a file of variables, which no other start may read. */
export function startAsReadmeSays(
  { script, variables: [, file] }: Example,
  prepared: Prepared,
  environment: Environment,
): Promise<Program> {
  const { folder } = prepared;
  const copied = readmeFolderOf(prepared);
  rmSync(copied, { recursive: true, force: true });
  const isRecord = (path: string) => path === join(folder, "records");
  cpSync(folder, copied, { recursive: true, filter: (path) => !isRecord(path) });
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(join(copied, file), lines.join(""));
  return byScript(copied, script, {}, join(copied, "records"));
}

/** Copies the committed files of an example into a project with the packed package. Returns its folder. */
async function copy(name: string, tarball: string): Promise<string> {
  const from = join(root, "examples", name);
  const listed = await must(from, "git", [
    "ls-files",
    "--cached",
    "--others",
    "--exclude-standard",
  ]);
  // The files with keys are left out, so that a key in the copy is a leak.
  const files = listed
    .trim()
    .split("\n")
    .filter((file) => !file.endsWith(".example"));
  return consumer(
    `example-${name}`,
    tarball,
    Object.fromEntries(files.map((file) => [file, join(from, file)])),
  );
}

/** Runs a command, and throws if it fails. Not synchronously: a build asks the sandbox of this process. */
async function must(
  cwd: string,
  command: string,
  args: readonly string[],
  environment: Environment = {},
): Promise<string> {
  const env = { ...ENV, ...environment, PATH: `${bin}${delimiter}${process.env["PATH"]}` };
  const { ok, stdout, stderr } = await runCommand(command, args, { cwd, env });
  assert.ok(ok, `${command} ${args.join(" ")} failed:\n${stdout}${stderr}`);
  return stdout + stderr;
}

/** Runs a script of an example's package.json. */
async function byScript(
  folder: string,
  script: Example["script"],
  environment: Environment,
  records = join(folder, "package.json", "not-a-folder"),
): Promise<Program> {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    scripts: Record<Example["script"], string>;
  };
  const [name = "", ...args] = manifest.scripts[script].split(" ");
  const port = await freePort();
  const env = {
    ...ENV,
    ...environment,
    PORT: String(port),
    PAYMENTS_FOLDER: records,
    PATH: `${bin}${delimiter}${process.env["PATH"]}`,
  };
  // wrangler reads no `PORT`, and would share the port of its inspector with others.
  const ports =
    name === "wrangler" ? ["--ip=127.0.0.1", `--port=${port}`, "--inspector-port=0"] : [];
  const command = name === "node" ? process.execPath : commandOf(name);
  return startProgram(command, [...args, ...ports], { cwd: folder, env, port });
}
