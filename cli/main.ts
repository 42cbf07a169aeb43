#!/usr/bin/env node
// npx pay4power-auth: the package's command line. The build bundles it as dist/cli.cjs.
import { runProgram } from "./program.ts";
import { handleBrokenOutput, handleSignals } from "./signals.ts";

handleSignals();
handleBrokenOutput();
void runProgram(process.argv.slice(2));
