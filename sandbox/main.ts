// npm run sandbox -- [--port 4010] [--lifetime SECONDS] [--latency MILLISECONDS] [--control]: starts the sandbox.
import { parseArgs } from "node:util";
import { defaultPort } from "../scripts/local-server.ts";
import { startSandbox } from "./server.ts";
import { KEYS } from "./service.ts";

try {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      lifetime: { type: "string", default: "3600" },
      latency: { type: "string", default: "0" },
      control: { type: "boolean", default: false },
    },
  });
  const sandbox = await startSandbox({
    port:
      values.port === undefined
        ? await defaultPort(4010, "the sandbox", console.error)
        : wholeNumberOption("port", values.port, 65_535),
    lifetimeS: wholeNumberOption("lifetime", values.lifetime, 10 * 365 * 86_400),
    latencyMs: wholeNumberOption("latency", values.latency, 600_000),
    control: values.control,
  });
  const control = sandbox.controlUrl ? `\n  control        ${sandbox.controlUrl}` : "";
  console.log(`Pay4Power sandbox

  token address  ${sandbox.tokenUrl}
  baseUrl        ${sandbox.baseUrl}
  publicKey      ${KEYS.publicKey}
  privateKey     ${KEYS.privateKey}
  environment    TEST${control}

Ctrl-C stops it.`);
} catch (error) {
  console.error(`${(error as Error).message}; npm run sandbox -- --help says more`);
  process.exitCode = 2;
}

/** Returns the number that an option of the command line gives. */
function wholeNumberOption(name: string, text: string, max: number): number {
  const number = Number(text);
  if (!/^\d+$/.test(text) || number > max) {
    throw new Error(
      `--${name} must be a whole number from 0 to ${max}, found ${JSON.stringify(text)}`,
    );
  }
  return number;
}
