// node scripts/set-up-and-run.mjs SCRIPT [ARGS]: installs all that is missing, then runs a script of this folder on the
// Node that package.json names. Each command of package.json starts here. `--help` needs no set-up.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { HELP } from "./help.mjs";
import { bin } from "./project.mjs";
import { SetupError } from "./setup/commands.mjs";
import { setup } from "./setup.mjs";

/** The scripts that take no arguments. */
const WITHOUT_ARGUMENTS = [
  ...["build.ts", "size.ts", "format.ts", "docs.ts", "docs-tables.ts", "sbom.ts"],
  ...["changeset.ts", "new-version.ts"],
];

const [script, ...args] = process.argv.slice(2);
if (args.some((arg) => arg === "--help" || arg === "-h")) {
  process.stdout.write(HELP[script]);
  process.exit();
}
if (WITHOUT_ARGUMENTS.includes(script) && args.length > 0) {
  process.stderr.write(`expected no argument, found ${args.join(" ")}\n`);
  process.exit(2);
}
try {
  await setup({ forChecks: ["test.ts", "test-long.ts"].includes(script) });
} catch (error) {
  if (!(error instanceof SetupError)) {
    throw error;
  }
  process.stderr.write(`set-up: ${error.message}\n`);
  process.exit(1);
}
const child = spawn(join(bin, "node"), [fileURLToPath(new URL(script, import.meta.url)), ...args], {
  stdio: "inherit",
  env: { ...process.env, NODE_NO_WARNINGS: "1" },
});
// A terminal sends SIGINT to both processes. SIGTERM reaches this process only, and is for the script.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => child.kill("SIGTERM"));
child.on("exit", (code, signal) => {
  process.exitCode = code ?? (signal === "SIGINT" ? 130 : 1);
});
