// npm run dev, npm run deploy [-- ARGS]: those commands of worker/, with all that they need in place.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { startSandbox } from "../sandbox/server.ts";
import { BASE_PATH, TOKEN_PATHS } from "../sandbox/service.ts";
import { originOf, PortTaken } from "./listen.ts";
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
  try {
    const started = await startSandbox({ port: SANDBOX_PORT, control: true });
    say(`sandbox: baseUrl ${started.baseUrl}, control ${started.controlUrl}`);
    return started;
  } catch (error) {
    if (!(error instanceof PortTaken)) {
      throw error;
    }
    if (!(await isSandbox())) {
      say(
        `${error.message}, which is no sandbox. The Worker looks for one there: stop that program.`,
      );
      process.exit(1);
    }
    say(`sandbox: the one that runs at port ${SANDBOX_PORT} already`);
    return undefined;
  }
}

/** Whether what answers there refuses an empty exchange as the service does. */
async function isSandbox(): Promise<boolean> {
  const address = originOf(SANDBOX_PORT) + BASE_PATH + TOKEN_PATHS[0];
  const signal = AbortSignal.timeout(5_000);
  try {
    const answer = await fetch(address, { method: "POST", body: "{}", redirect: "manual", signal });
    const { success, statusCode } = (await answer.json()) as Record<string, unknown>;
    return success === false && statusCode === 400;
  } catch {
    return false;
  }
}
