// pay4power-auth sandbox: starts the local sandbox, and prints how to use it.
import type { Command } from "commander";
import type { AuthenticateOptions } from "pay4power-auth";
import type { SandboxValues } from "../../sandbox/command-line.ts";
import type { Sandbox } from "../../sandbox/server.ts";
import { print, printJson } from "../output.ts";
import { VARIABLES } from "../settings.ts";
import { beforeSignalEnds } from "../signals.ts";
import { addExamples } from "./shared-options.ts";

type Keys = Pick<AuthenticateOptions, "publicKey" | "privateKey">;

interface SandboxOptions extends SandboxValues {
  readonly json?: true;
}

export function addSandboxCommand(program: Command): void {
  const command = program
    .command("sandbox")
    .description("start a local service that exchanges example keys, until Ctrl-C")
    .option("--port <number>", "the port; 0 takes any free port (default: 4010 if it is free)")
    .option("--lifetime <seconds>", "the lifetime of its tokens", "3600")
    .option("--latency <milliseconds>", "the delay of every answer", "0")
    .option("--control", "let programs of this machine change it while it runs (the default)")
    .option("--no-control", "let nothing change it")
    .option("--json", "print JSON, failures too");
  addExamples(command, [
    "npx pay4power-auth sandbox",
    "npx pay4power-auth sandbox --port 4010 --lifetime 60 --latency 200",
  ]);
  command.action(async ({ json, ...values }: SandboxOptions) => {
    const { KEYS, recordOf, startLocalSandbox, summaryOf } = await import("../local-sandbox.ts");
    const sandbox = await startLocalSandbox(values);
    beforeSignalEnds(() => sandbox.close());
    if (json) {
      printJson(recordOf(sandbox));
    } else {
      print(`${summaryOf(sandbox)}\n\n${snippets(sandbox, KEYS)}\n\nCtrl-C stops it.`);
    }
  });
}

/** Returns what a developer pastes into a program, or into a shell. */
function snippets({ baseUrl, tokenUrl }: Sandbox, { publicKey, privateKey }: Keys): string {
  // A list, because publint takes a line of the bundle that begins with `import` for an ES module's.
  const program = [
    'import { createClient } from "pay4power-auth";',
    "",
    "const client = createClient({",
    `  publicKey: "${publicKey}",`,
    `  privateKey: "${privateKey}",`,
    `  tokenUrl: "${tokenUrl}",`,
    `  baseUrl: "${baseUrl}",`,
    "});",
    'console.log(await (await client.fetch("/services")).json());',
  ];
  const shell = [
    `export ${VARIABLES.publicKey}=${publicKey}`,
    `export ${VARIABLES.privateKey}=${privateKey}`,
    `export ${VARIABLES.tokenUrl}=${tokenUrl}`,
    `export PAY4POWER_BASE_URL=${baseUrl}`, // for programs and curl: the command line sends nothing there
    "npx pay4power-auth check",
  ];
  return `In a program:\n\n${indented(program)}\n\nIn a shell:\n\n${indented(shell)}`;
}

function indented(lines: readonly string[]): string {
  return lines.map((line) => (line === "" ? "" : `  ${line}`)).join("\n");
}
