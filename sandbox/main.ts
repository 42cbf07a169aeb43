// npm run sandbox -- [--port 4010] [--lifetime SECONDS] [--latency MILLISECONDS] [--control]: starts the sandbox.
import { parseArgs } from "node:util";
import { startFromValues, summaryOf } from "./command-line.ts";

try {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      lifetime: { type: "string" },
      latency: { type: "string" },
      control: { type: "boolean" },
    },
  });
  const sandbox = await startFromValues(values, console.error);
  console.log(`${summaryOf(sandbox)}\n\nCtrl-C stops it.`);
} catch (error) {
  console.error(`${(error as Error).message}; npm run sandbox -- --help says more`);
  process.exitCode = 2;
}
