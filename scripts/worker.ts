// npm run dev, npm run deploy [-- ARGS]: those commands of worker/, with all that they need in place.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { startSandbox } from "../sandbox/server.ts";
import { npmPackages, root, say } from "./setup.mjs";

/** Where `npm run dev` of the Worker looks for a sandbox. */
const SANDBOX_PORT = 4010;

const [command = "", ...args] = process.argv.slice(2);
const folder = join(root, "worker");
if (!npmPackages(folder)) {
  say("npm ci failed; see above.");
  process.exit(1);
}
const sandbox = command === "dev" ? await prepareSandbox() : undefined;
const child = spawn("npm", ["run", command, "--", ...args], { cwd: folder, stdio: "inherit" });
process.on("SIGINT", () => {}); // a terminal tells both
process.on("SIGTERM", () => child.kill("SIGTERM"));
const [code] = (await once(child, "exit")) as [number | null];
await sandbox?.close();
process.exitCode = code ?? 1;

/** The Worker's keys in development are the sandbox's, unless somebody has others. */
async function prepareSandbox() {
  const secrets = join(folder, ".dev.vars");
  if (!existsSync(secrets)) {
    copyFileSync(`${secrets}.example`, secrets, constants.COPYFILE_EXCL);
  }
  const started = await startSandbox({ port: SANDBOX_PORT, control: true });
  if (new URL(started.baseUrl).port === String(SANDBOX_PORT)) {
    return started;
  }
  say(`port ${SANDBOX_PORT} is taken: by your own sandbox, it is hoped`);
  await started.close();
  return undefined;
}
