// The sandbox, for the commands that use it. They import this file only when they need it: it is most of the bundle.
import {
  InvalidValue,
  SANDBOX_ENVIRONMENT,
  SANDBOX_PORT,
  type SandboxValues,
  startFromValues,
  wholeNumber,
} from "../sandbox/command-line.ts";
import { BASE_PATH, TOKEN_PATHS } from "../sandbox/paths.ts";
import type { Sandbox } from "../sandbox/server.ts";
import { KEYS } from "../sandbox/service.ts";
import { originOf, PortTaken } from "../scripts/local-server.ts";
import { CommandError } from "./command-error.ts";
import { note } from "./output.ts";
import type { Settings } from "./settings.ts";

export { recordOf, summaryOf } from "../sandbox/command-line.ts";
export { KEYS };

/** Starts a sandbox with the values of the options. */
export async function startLocalSandbox(values: SandboxValues): Promise<Sandbox> {
  try {
    return await startFromValues(values, note);
  } catch (error) {
    throw error instanceof PortTaken
      ? new CommandError("CLI_CONFIGURATION", error.message)
      : asUsage(error);
  }
}

/** Returns the settings for the sandbox at a port of this machine. `true` stands for the usual port. */
export function sandboxSettings(port: string | true): Settings {
  return {
    ...KEYS,
    environment: SANDBOX_ENVIRONMENT,
    tokenUrl: originOf(portOf(port)) + BASE_PATH + TOKEN_PATHS[0],
    authorization: undefined,
    source: "the sandbox's example keys",
    isSandbox: true,
  };
}

function portOf(port: string | true): number {
  try {
    return port === true ? SANDBOX_PORT : wholeNumber("sandbox", port, 65_535);
  } catch (error) {
    throw asUsage(error);
  }
}

function asUsage(error: unknown): unknown {
  return error instanceof InvalidValue ? new CommandError("CLI_USAGE", error.message) : error;
}
