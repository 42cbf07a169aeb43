// npm run dev, npm run deploy [-- ARGS]: installs the packages of worker/ and runs the same command there. For `dev` it
// also copies the example keys and starts a sandbox.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { constants, copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { BASE_PATH, TOKEN_PATHS } from "../sandbox/paths.ts";
import { startSandbox } from "../sandbox/server.ts";
import { originOf, PortTaken } from "./local-server.ts";
import { root, say } from "./project.mjs";
import { installNpmPackages } from "./setup/npm-packages.mjs";

/** The port at which the Worker's `npm run dev` expects a sandbox (worker/package.json). */
const SANDBOX_PORT = 4010;

const [command = "", ...args] = process.argv.slice(2);
const folder = join(root, "worker");
await installNpmPackages(folder);
const sandbox = command === "dev" ? await prepareSandbox() : undefined;
const child = spawn("npm", ["run", command, "--", ...args], { cwd: folder, stdio: "inherit" });
process.on("SIGINT", () => {}); // a terminal sends SIGINT to both processes
process.on("SIGTERM", () => child.kill("SIGTERM"));
const [code] = (await once(child, "exit")) as [number | null];
await sandbox?.close();
process.exitCode = code ?? 1;

/** Starts a sandbox, unless one is running. Gives the Worker the sandbox's keys, unless it has a `.dev.vars`. */
async function prepareSandbox() {
  const devVars = join(folder, ".dev.vars");
  if (!existsSync(devVars)) {
    copyFileSync(`${devVars}.example`, devVars, constants.COPYFILE_EXCL);
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
        `${error.message}, which is no sandbox. The Worker needs a sandbox at that port: stop that program.`,
      );
      process.exit(1);
    }
    say(`sandbox: one runs at port ${SANDBOX_PORT} already`);
    return undefined;
  }
}

/** Returns true if the program at the sandbox's port refuses an empty exchange as the service does. */
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
