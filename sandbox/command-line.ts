// What `npm run sandbox` and `pay4power-auth sandbox` share: the values of their options, and what they print.
import { defaultPort } from "../scripts/local-server.ts";
import { TOKEN_PATHS } from "./paths.ts";
import { type Sandbox, startSandbox } from "./server.ts";
import { KEYS } from "./service.ts";

/** The port of a sandbox without the option `--port`, if it is free. */
export const SANDBOX_PORT = 4010;

/** The environment that the sandbox's tokens are for by default. */
export const SANDBOX_ENVIRONMENT = "TEST";

/** The values of the options, as the command line has them. */
export interface SandboxValues {
  readonly port?: string | undefined;
  readonly lifetime?: string | undefined;
  readonly latency?: string | undefined;
  readonly control?: boolean | undefined;
}

/** A value of an option is not valid. The message names the option. */
export class InvalidValue extends Error {}

/** Starts the sandbox. Calls `say` if the usual port is taken. Throws `InvalidValue`, or `PortTaken` for a given port. */
export async function startFromValues(
  { port, lifetime = "3600", latency = "0", control = true }: SandboxValues,
  say: (text: string) => void,
): Promise<Sandbox> {
  const settings = {
    lifetimeS: wholeNumber("lifetime", lifetime, 10 * 365 * 86_400, 1),
    latencyMs: wholeNumber("latency", latency, 600_000),
    control,
  };
  return startSandbox({
    ...settings,
    port:
      port === undefined
        ? await defaultPort(SANDBOX_PORT, "the sandbox", say)
        : wholeNumber("port", port, 65_535),
  });
}

/** Returns the number that `text` is. Throws `InvalidValue` if it is not whole, or not from `min` to `max`. */
export function wholeNumber(name: string, text: string, max: number, min = 0): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number < min || number > max) {
    throw new InvalidValue(
      `--${name} must be a whole number from ${min} to ${max}, found ${JSON.stringify(text)}`,
    );
  }
  return number;
}

/** Returns what `--json` prints. */
export function recordOf({ baseUrl, tokenUrl, controlUrl }: Sandbox): object {
  const environment = SANDBOX_ENVIRONMENT;
  return { baseUrl, tokenUrl, ...KEYS, environment, controlUrl: controlUrl ?? null };
}

/** Returns the lines that say where the sandbox is and which keys it takes. */
export function summaryOf(sandbox: Sandbox): string {
  const control = sandbox.controlUrl ? `\n  control        ${sandbox.controlUrl}` : "";
  return `Pay4Power sandbox

  token address  ${sandbox.tokenUrl}
                 ${sandbox.baseUrl}${TOKEN_PATHS[1]}
                 (the API's documentation gives both; each makes the same exchange)
  baseUrl        ${sandbox.baseUrl}
  publicKey      ${KEYS.publicKey}
  privateKey     ${KEYS.privateKey}
  environment    ${SANDBOX_ENVIRONMENT}${control}`;
}
