// The steps of `npm test`, in order.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root, tools } from "./project.mjs";
import { RUSTDOC_HOST, RUSTDOC_WASM, TYPEDOC } from "./reference-steps.ts";
import { findCargoDeny, testRunner } from "./setup/cargo-tools.mjs";
import {
  CHROMIUM_ARGS,
  findChromedriver,
  findChromium,
  findRedis,
} from "./setup/test-programs.mjs";
import { wasmToolchain } from "./setup/wasm-toolchain.mjs";
import type { Step } from "./step.ts";

const chromium = findChromium();
const chromedriver = findChromedriver();
const wasm = wasmToolchain();
const WASM_BINDGEN = ["--manifest-path", "scripts/wasm-bindgen/Cargo.toml"];
const FUZZ = ["--manifest-path", "fuzz/Cargo.toml"];
/** The replay of the corpora needs no libFuzzer. */
const REPLAY = ["--locked", "--quiet", ...FUZZ, "--no-default-features", "--target-dir", "target"];
const CARGO_COUNTS = /test result: \w+\. (?<passed>\d+) passed; (?<failed>\d+) failed/g;
const NODE_COUNTS =
  /^ℹ pass (?<passed>\d+)$[\s\S]*?^ℹ fail (?<failed>\d+)$[\s\S]*?^ℹ skipped (?<skipped>\d+)$/gm;

/** Every fault of the table in `tests/faults/`, on every runtime. */
export const FAULTS: Step = {
  name: "faults, on every runtime",
  command: "node",
  args: [
    "--test",
    "--test-reporter=spec",
    "--test-concurrency=1",
    "--test-timeout=600000",
    "tests/faults/*.test.ts",
  ],
  counts: NODE_COUNTS,
  notes: /^(?:ran on .*| *﹣ .*NOT RUN.*)$/gm,
};

export const STEPS: readonly Step[] = [
  { name: "rustfmt", command: "cargo", args: ["fmt", "--check"] },
  { name: "rustfmt, set-up", command: "cargo", args: ["fmt", "--check", ...WASM_BINDGEN] },
  { name: "rustfmt, fuzzing", command: "cargo", args: ["fmt", "--check", "--all", ...FUZZ] },
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
  RUSTDOC_HOST,
  RUSTDOC_WASM,
  TYPEDOC,
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
    name: "clippy, fuzzing",
    command: "cargo",
    args: ["clippy", ...REPLAY, "--all-targets", "--", "-D", "warnings"],
  },
  {
    name: "corpora of the fuzz targets",
    command: "cargo",
    args: ["test", ...REPLAY],
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
    name: "properties",
    command: "node",
    args: ["--test", "--test-reporter=spec", "--test-timeout=180000", "tests/properties/*.test.ts"],
    counts: NODE_COUNTS,
  },
  {
    name: "soak, a few seconds of it",
    command: "node",
    args: [
      "--test",
      "--test-reporter=spec",
      // One file after the other: the limits of the run's calls are seconds.
      "--test-concurrency=1",
      "--test-timeout=180000",
      "tests/soak/*.test.ts",
    ],
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
  FAULTS,
  {
    name: "page and guard, in Chromium",
    command: "node",
    args: ["--test", "--test-reporter=spec", "--test-timeout=180000", "tests/browser/*.test.ts"],
    counts: NODE_COUNTS,
    needs: { Chromium: chromium },
  },
];

/** Writes the file that tells the driver which browser to start. Returns its path. */
function webdriverCapabilities(): string {
  const file = join(root, "target", "webdriver.json");
  const options = { binary: chromium, args: CHROMIUM_ARGS };
  mkdirSync(join(root, "target"), { recursive: true });
  writeFileSync(file, JSON.stringify({ "goog:chromeOptions": options }));
  return file;
}
