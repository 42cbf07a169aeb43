// node scripts/set-up-and-run.mjs SCRIPT [ARGS]: installs all that is missing, then runs a script of this folder on the
// Node that package.json names. Each command of package.json starts here.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bin } from "./project.mjs";
import { SetupError } from "./setup/commands.mjs";
import { setup } from "./setup.mjs";

const [script, ...args] = process.argv.slice(2);
try {
  setup({ forChecks: script === "test.ts" });
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
