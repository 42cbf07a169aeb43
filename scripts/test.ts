// npm test [-- WORD]: runs all checks and tests, or the steps with the word in their name. The last line counts them.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { styleText } from "node:util";
import { build } from "./build.ts";
import { run } from "./command.ts";
import { root, say, tools } from "./project.mjs";
import { findCargoDeny, testRunner } from "./setup/cargo-tools.mjs";
import {
  CHROMIUM_ARGS,
  findChromedriver,
  findChromium,
  findRedis,
} from "./setup/test-programs.mjs";
import { wasmToolchain } from "./setup/wasm-toolchain.mjs";
import { sizes } from "./size.ts";

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Matches the counts in the output. A step without it counts as one check. */
  readonly counts?: RegExp;
  /** Matches the lines of the output that are always printed. */
  readonly notes?: RegExp;
  /** The paths of the programs that the step needs. */
  readonly needs?: Record<string, string | undefined>;
}

const chromium = findChromium();
const chromedriver = findChromedriver();
const wasm = wasmToolchain();
const WASM_BINDGEN = ["--manifest-path", "scripts/wasm-bindgen/Cargo.toml"];
const DENY = { RUSTFLAGS: "-D warnings", RUSTDOCFLAGS: "-D warnings" };
const CARGO_COUNTS = /test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed/g;
const NODE_COUNTS =
  /^ℹ pass (?<passed>\d+)$[\s\S]*?^ℹ fail (?<failed>\d+)$[\s\S]*?^ℹ skipped (?<skipped>\d+)$/gm;

const steps: readonly Step[] = [
  { name: "rustfmt", command: "cargo", args: ["fmt", "--check"] },
  { name: "rustfmt, set-up", command: "cargo", args: ["fmt", "--check", ...WASM_BINDGEN] },
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
      "--test",
      "wasm",
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
  {
    name: "cargo-deny",
    command: join(tools, "bin", "cargo-deny"),
    args: ["--locked", "check", "bans", "licenses", "sources"],
    needs: { "cargo-deny": findCargoDeny() },
  },
  { name: "biome", command: "biome", args: ["ci", "--error-on-warnings"] },
  { name: "tsc", command: "tsc", args: ["-p", "."] },
  { name: "size, within its gate", command: "node", args: ["scripts/size.ts"] },
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
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: testRunner,
    },
    counts: CARGO_COUNTS,
  },
  {
    name: "shell, wasm-bindgen-test in Chromium",
    command: wasm.cargo,
    args: ["test", "--locked", "--test", "wasm", ...wasm.args],
    env: {
      ...wasm.env,
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: testRunner,
      CHROMEDRIVER: chromedriver ?? "",
      WASM_BINDGEN_USE_BROWSER: "1",
      WASM_BINDGEN_TEST_WEBDRIVER_JSON: webdriverCapabilities(),
    },
    counts: CARGO_COUNTS,
    needs: { Chromium: chromium, chromedriver },
  },
  {
    name: "package, sandbox and scripts",
    command: "node",
    args: ["--test", "--test-reporter=spec", "--test-timeout=180000", "tests/*.test.ts"],
    counts: NODE_COUNTS,
  },
  {
    name: "stores, on a real Redis",
    command: "node",
    args: ["--test", "--test-reporter=spec", "--test-timeout=180000", "tests/redis/*.test.ts"],
    counts: NODE_COUNTS,
    needs: { "redis-server": findRedis() },
  },
  {
    name: "package, on every runtime",
    command: "node",
    args: [
      "--test",
      "--test-reporter=spec",
      // One file after the other: a bundler would slow down the test that runs beside it.
      "--test-concurrency=1",
      "--test-timeout=600000",
      "tests/matrix/*.test.ts",
    ],
    counts: NODE_COUNTS,
    notes: /^(?:ran on .*| *﹣ .*NOT RUN.*)$/gm,
  },
  {
    name: "page and guard, in Chromium",
    command: "node",
    args: ["--test", "--test-reporter=spec", "--test-timeout=180000", "tests/browser/*.test.ts"],
    counts: NODE_COUNTS,
    needs: { Chromium: chromium },
  },
];

const [word = "", ...others] = process.argv.slice(2);
if (word.startsWith("-") || others.length > 0) {
  say(`expected one word of a step's name, found ${process.argv.slice(2).join(" ")}`);
  process.exit(2);
}
let passed = 0;
let failed = 0;
let missing = 0;
await build();
await build("trap");
for (const step of steps.filter(({ name }) => name.includes(word))) {
  const absent = Object.entries(step.needs ?? {}).filter(([, path]) => path === undefined);
  if (absent.length > 0) {
    const isFailure = Boolean(process.env["CI"]);
    failed += isFailure ? 1 : 0;
    missing += isFailure ? 0 : 1;
    const mark = isFailure ? styleText("red", "✗") : styleText("yellow", "–");
    const names = absent.map(([name]) => name).join(" and ");
    const verb = absent.length === 1 ? "is" : "are";
    console.log(`${mark} ${step.name}: NOT RUN, ${names} ${verb} missing`);
    continue;
  }
  runStep(step);
}
const { raw, gzip, brotli } = sizes();
say(`package in a Worker: ${raw} bytes, gzip ${gzip}, brotli ${brotli}`);
const notRun = missing > 0 ? `, ${missing} NOT RUN` : "";
console.log(`${passed} passed, ${failed} failed${notRun}`);
process.exitCode = failed === 0 && passed + missing > 0 ? 0 : 1;

function runStep({ name, command, args, env, counts, notes }: Step): void {
  const before = performance.now();
  const { ok, output } = run(command, args, env ? { env } : {});
  const found = counts
    ? [...output.matchAll(counts)].map(({ groups }) => groups)
    : [{ passed: ok ? 1 : 0 }];
  const sum = (which: "passed" | "failed" | "skipped") =>
    found.reduce(
      (total, groups) => total + Number((groups as Record<string, unknown>)?.[which] ?? 0),
      0,
    );
  const good = sum("passed");
  // A step that fails without a counted failure, or passes without a test, counts as one failure.
  const bad = Math.max(sum("failed"), ok && good > 0 ? 0 : 1);
  passed += good;
  failed += bad;
  missing += sum("skipped");
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  const mark = bad === 0 ? styleText("green", "✓") : styleText("red", "✗");
  console.log(`${mark} ${name}: ${counts ? `${good} passed, ${bad} failed, ` : ""}${seconds} s`);
  for (const [line] of notes ? output.matchAll(notes) : []) {
    console.log(`  ${line}`);
  }
  if (bad > 0) {
    // Node's reporter repeats the failures at the end.
    console.log(output.split("✖ failing tests:").at(-1));
  }
}

/** Writes the file that tells the driver which browser to start. Returns its path. */
function webdriverCapabilities(): string {
  const file = join(root, "target", "webdriver.json");
  const options = { binary: chromium, args: CHROMIUM_ARGS };
  mkdirSync(join(root, "target"), { recursive: true });
  writeFileSync(file, JSON.stringify({ "goog:chromeOptions": options }));
  return file;
}
