// npm test [-- WORD]: every check and every test, or those whose name has the word in it, and one
// closing line that counts them all.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { styleText } from "node:util";
import { build } from "./build.ts";
import {
  CHROMIUM_ARGS,
  findCargoDeny,
  findChromedriver,
  findChromium,
  findRedis,
  root,
  say,
  tools,
  wasmToolchain,
} from "./setup.mjs";
import { run } from "./shell.ts";
import { sizes } from "./size.ts";

interface Step {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Finds the counts in what was printed; a step without it is one check. */
  readonly counts?: RegExp;
  /** Finds lines to show, whether it passed or not. */
  readonly tells?: RegExp;
  /** What the step can't run without. */
  readonly needs?: Record<string, string | undefined>;
}

const chromium = findChromium();
const chromedriver = findChromedriver();
const wasm = wasmToolchain();
const DENY = { RUSTFLAGS: "-D warnings", RUSTDOCFLAGS: "-D warnings" };
const CARGO_COUNTS = /test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed/g;
const NODE_COUNTS =
  /^ℹ pass (?<passed>\d+)$[\s\S]*?^ℹ fail (?<failed>\d+)$[\s\S]*?^ℹ skipped (?<skipped>\d+)$/gm;

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
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: join(tools, "bin", "wasm-bindgen-test-runner"),
    },
    counts: CARGO_COUNTS,
  },
  {
    name: "shell, wasm-bindgen-test in Chromium",
    command: wasm.cargo,
    args: ["test", "--locked", "--test", "wasm", ...wasm.args],
    env: {
      ...wasm.env,
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: join(tools, "bin", "wasm-bindgen-test-runner"),
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
      // One after the other: what bundles and builds would slow down what runs meanwhile.
      "--test-concurrency=1",
      "--test-timeout=600000",
      "tests/matrix/*.test.ts",
    ],
    counts: NODE_COUNTS,
    tells: /^(?:ran on .*| *﹣ .*NOT RUN.*)$/gm,
  },
  {
    name: "page and guard, in Chromium",
    command: "node",
    args: ["--test", "--test-reporter=spec", "--test-timeout=180000", "tests/browser/*.test.ts"],
    counts: NODE_COUNTS,
    needs: { Chromium: chromium },
  },
];

const [word = ""] = process.argv.slice(2);
let passed = 0;
let failed = 0;
let missing = 0;
await build();
await build("trap");
for (const step of steps.filter(({ name }) => name.includes(word))) {
  const lacks = Object.entries(step.needs ?? {}).filter(([, path]) => path === undefined);
  if (lacks.length > 0) {
    const isFailure = Boolean(process.env["CI"]);
    failed += isFailure ? 1 : 0;
    missing += isFailure ? 0 : 1;
    const mark = isFailure ? styleText("red", "✗") : styleText("yellow", "–");
    const what = lacks.map(([name]) => name).join(" and ");
    const verb = lacks.length === 1 ? "is" : "are";
    console.log(`${mark} ${step.name}: NOT RUN, ${what} ${verb} missing`);
    continue;
  }
  runStep(step);
}
const { raw, gzip, brotli } = sizes();
say(`package in a Worker: ${raw} bytes, gzip ${gzip}, brotli ${brotli}`);
const notRun = missing > 0 ? `, ${missing} NOT RUN` : "";
console.log(`${passed} passed, ${failed} failed${notRun}`);
process.exitCode = failed === 0 && passed + missing > 0 ? 0 : 1;

function runStep({ name, command, args, env, counts, tells }: Step): void {
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
  // A step that failed without counting a failure, or passed without a test, is a failure itself.
  const bad = Math.max(sum("failed"), ok && good > 0 ? 0 : 1);
  passed += good;
  failed += bad;
  missing += sum("skipped");
  const seconds = ((performance.now() - before) / 1000).toFixed(1);
  const mark = bad === 0 ? styleText("green", "✓") : styleText("red", "✗");
  console.log(`${mark} ${name}: ${counts ? `${good} passed, ${bad} failed, ` : ""}${seconds} s`);
  for (const [line] of tells ? output.matchAll(tells) : []) {
    console.log(`  ${line}`);
  }
  if (bad > 0) {
    // Node's reporter shows the failures once more at the end.
    console.log(output.split("✖ failing tests:").at(-1));
  }
}

/** The file that tells the driver which browser to start, and how. */
function webdriverCapabilities(): string {
  const file = join(root, "target", "webdriver.json");
  const options = { binary: chromium, args: CHROMIUM_ARGS };
  mkdirSync(join(root, "target"), { recursive: true });
  writeFileSync(file, JSON.stringify({ "goog:chromeOptions": options }));
  return file;
}
