// npm run sandbox -- [--port 4010] [--lifetime SECONDS] [--latency MILLISECONDS] [--no-control] [--json]: starts the
// sandbox.
import { parseArgs } from "node:util";
import { PortTaken } from "../scripts/local-server.ts";
import { recordOf, startFromValues, summaryOf } from "./command-line.ts";

try {
  const {
    values: { json, ...values },
  } = parseArgs({
    allowNegative: true,
    options: {
      port: { type: "string" },
      lifetime: { type: "string" },
      latency: { type: "string" },
      control: { type: "boolean" },
      json: { type: "boolean" },
    },
  });
  const sandbox = await startFromValues(values, console.error);
  console.log(
    json ? JSON.stringify(recordOf(sandbox)) : `${summaryOf(sandbox)}\n\nCtrl-C stops it.`,
  );
} catch (error) {
  const isTaken = error instanceof PortTaken;
  const hint = isTaken ? "" : "; npm run sandbox -- --help says more";
  console.error(`${(error as Error).message}${hint}`);
  process.exitCode = isTaken ? 1 : 2;
}
