// npm run test:long [-- WORD]: runs the long tests, or those with the word in their names.
import { styleText } from "node:util";
import { build } from "./build.ts";
import { run } from "./command.ts";
import { LONG_STEPS } from "./long-steps.ts";
import { say } from "./project.mjs";

const [word = "", ...others] = process.argv.slice(2);
const steps = LONG_STEPS.filter(({ name }) => name.includes(word));
if (steps.length === 0 || others.length > 0) {
  say(`expected one word of a step's name: ${LONG_STEPS.map(({ name }) => name).join("; ")}`);
  process.exit(2);
}
await build();
for (const { name, command, args, env } of steps) {
  const before = performance.now();
  const { ok, output } = run(command, args, env ? { env } : {});
  const seconds = ((performance.now() - before) / 1_000).toFixed(1);
  console.log(`${ok ? styleText("green", "✓") : styleText("red", "✗")} ${name}: ${seconds} s`);
  if (!ok) {
    console.log(output);
    process.exitCode = 1;
  }
}
