// npm test: every check and every test, and one closing line that counts them all.
import { join } from "node:path";
import { styleText } from "node:util";
import { build, sizes } from "./build.ts";
import { say, tools, wasmToolchain } from "./setup.mjs";
import { run } from "./shell.ts";

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Finds the counts in what was printed; a step without it is one check. */
  readonly counts?: RegExp;
}

const wasm = wasmToolchain();
const DENY = { RUSTFLAGS: "-D warnings", RUSTDOCFLAGS: "-D warnings" };
const CARGO_COUNTS = /test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed/g;
const NODE_COUNTS = /^ℹ pass (?<passed>\d+)$[\s\S]*?^ℹ fail (?<failed>\d+)$/gm;

const steps: readonly Step[] = [
  { name: "rustfmt", command: "cargo", args: ["fmt", "--check"] },
  {
    name: "clippy, host",
    command: "cargo",
    args: ["clippy", "--locked", "--all-targets", "--quiet", "--", "-D", "warnings"],
  },
  {
    name: "clippy, wasm32",
    command: wasm.cargo,
    args: [
      "clippy",
      "--locked",
      "--lib",
      "--tests",
      "--quiet",
      ...wasm.args,
      "--",
      "-D",
      "warnings",
    ],
    env: wasm.env,
  },
  {
    name: "rustdoc, host",
    command: "cargo",
    args: ["doc", "--locked", "--no-deps", "--quiet"],
    env: { RUSTDOCFLAGS: DENY.RUSTDOCFLAGS },
  },
  {
    name: "rustdoc, wasm32",
    command: wasm.cargo,
    args: ["doc", "--locked", "--no-deps", "--quiet", "--document-private-items", ...wasm.args],
    env: { ...wasm.env, RUSTDOCFLAGS: DENY.RUSTDOCFLAGS },
  },
  { name: "biome", command: "biome", args: ["ci", "--error-on-warnings"] },
  { name: "tsc", command: "tsc", args: ["-p", "."] },
  {
    name: "core, on the host",
    command: "cargo",
    args: ["test", "--locked", "--quiet"],
    counts: CARGO_COUNTS,
  },
  {
    name: "shell, wasm-bindgen-test in Node",
    command: wasm.cargo,
    args: ["test", "--locked", "--test", "wasm", ...wasm.args],
    env: {
      ...wasm.env,
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: join(tools, "bin", "wasm-bindgen-test-runner"),
    },
    counts: CARGO_COUNTS,
  },
  {
    name: "package, sandbox and scripts",
    command: "node",
    args: ["--test", "--test-reporter=spec", "--test-timeout=180000", "tests/*.test.ts"],
    counts: NODE_COUNTS,
  },
];

let passed = 0;
let failed = 0;
await build();
for (const { name, command, args, env, counts } of steps) {
  const before = performance.now();
  const { ok, output } = run(command, args, env ? { env } : {});
  const found = counts
    ? [...output.matchAll(counts)].map(({ groups }) => groups)
    : [{ passed: ok ? 1 : 0 }];
  const sum = (which: "passed" | "failed") =>
    found.reduce(
      (total, groups) => total + Number((groups as Record<string, unknown>)?.[which] ?? 0),
      0,
    );
  const good = sum("passed");
  // A step that failed without counting a failure, or passed without a test, is a failure itself.
  const bad = Math.max(sum("failed"), ok && good > 0 ? 0 : 1);
  passed += good;
  failed += bad;
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  const mark = bad === 0 ? styleText("green", "✓") : styleText("red", "✗");
  console.log(`${mark} ${name}: ${counts ? `${good} passed, ${bad} failed, ` : ""}${seconds} s`);
  if (bad > 0) {
    // Node's reporter shows the failures once more at the end.
    console.log(output.split("✖ failing tests:").at(-1));
  }
}
const { raw, gzip, brotli } = sizes();
say(`package in a Worker: ${raw} bytes, gzip ${gzip}, brotli ${brotli}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
