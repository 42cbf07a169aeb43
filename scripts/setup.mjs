// Everything that a fresh machine with Node and cargo lacks. Plain JavaScript without dependencies:
// it runs before any package is there. Says in one line what it does, and skips what is there.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));
export const bin = join(root, "node_modules", ".bin");
export const tools = join(root, ".tools");
const TARGET = "wasm32-unknown-unknown";
const CARGO_DENY = "0.20.2";
const BUILD_STD = ["--target", TARGET, "-Zbuild-std=std,panic_abort"];
const DEBIAN_LLD = "/usr/lib/llvm-22/bin/wasm-ld";
const DEBIAN_PACKAGES = ["cargo-web", "rustc-web", "rust-web-src", "rust-web-clippy", "lld-22"];

/** A sentence that says what the person is to do; no stack belongs to it. */
export class SetupError extends Error {}

/** Installs what is missing; what only checks need, when it is `forChecks`. */
export function setup({ forChecks }) {
  if (!npmPackages(root)) {
    throw new SetupError("npm ci failed; see above.");
  }
  if (!succeeds("cargo", ["--version"])) {
    throw new SetupError(
      "cargo is missing: install Rust from https://rustup.rs, then run this again.",
    );
  }
  wasmToolchain();
  wasmBindgen();
  browser();
  if (forChecks) {
    redis();
    cargoDeny();
    // What can't be had is reported as missing by the tests that need it.
    npmPackages(join(root, "tests", "matrix"));
    npmPackages(join(root, "tests", "matrix", "next-14"));
  }
}

/** Installs what a folder's lock file says, unless that is done. */
export function npmPackages(folder) {
  const lock = readFileSync(join(folder, "package-lock.json"));
  const wanted = createHash("sha256").update(lock).digest("hex");
  const stamp = join(folder, "node_modules", ".installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return true;
  }
  say(`npm packages of ${relative(root, folder) || "the project"}: installing`);
  // What tools print belongs to set-up, so it goes where set-up speaks.
  const how = { cwd: folder, stdio: ["ignore", 2, 2] };
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  if (spawnSync("npm", args, how).status !== 0) {
    return false;
  }
  writeFileSync(stamp, wanted);
  return true;
}

/**
 * How Wasm is built here: with stable Rust and rustup's target. Where rustup can't bring that, on Debian,
 * with the distribution's compiler, which compiles its own standard library along.
 * `PAY4POWER_WASM=debian` takes the second way at once.
 * @returns {{ cargo: string, args: string[], env: Record<string, string> }}
 */
export function wasmToolchain() {
  if (process.env.PAY4POWER_WASM !== "debian" && hasRustupTarget()) {
    return { cargo: "cargo", args: ["--target", TARGET], env: {} };
  }
  return debianToolchain();
}

function hasRustupTarget() {
  const sysroot = output("rustc", ["--print", "sysroot"]);
  if (existsSync(join(sysroot, "lib", "rustlib", TARGET))) {
    return true;
  }
  if (!succeeds("rustup", ["--version"])) {
    return false;
  }
  say(`Rust target ${TARGET}: installing`);
  return succeeds("rustup", ["target", "add", TARGET]);
}

function debianToolchain() {
  const isThere = [DEBIAN_LLD, "/usr/bin/cargo", "/usr/bin/cargo-clippy", "/usr/src/rustc-web"];
  if (!isThere.every(existsDebian)) {
    say("Wasm toolchain: installing Debian's (rustup has none for this machine)");
    if (!installsDebianToolchain()) {
      throw new SetupError(
        `the Rust target ${TARGET} is missing: run "rustup target add ${TARGET}", or on Debian, as root, "apt-get install ${DEBIAN_PACKAGES.join(" ")}".`,
      );
    }
  }
  return {
    cargo: "/usr/bin/cargo",
    // Its own target folder: its compiler is another one.
    args: [...BUILD_STD, "--target-dir", join(root, "target", "debian")],
    env: {
      PATH: `/usr/bin${delimiter}${process.env.PATH}`,
      RUSTC: "/usr/bin/rustc",
      RUSTC_BOOTSTRAP: "1",
      CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: DEBIAN_LLD,
    },
  };
}

function installsDebianToolchain() {
  return (
    process.getuid?.() === 0 &&
    succeeds("apt-get", ["update"]) &&
    succeeds("apt-get", ["install", "-y", "--no-install-recommends", ...DEBIAN_PACKAGES])
  );
}

function existsDebian(path) {
  return (
    existsSync(path) || (path.startsWith("/usr/src") && succeeds("dpkg", ["-s", "rust-web-src"]))
  );
}

/** Optimized, a tool would take three times as long to build, and save a tenth of a second a run. */
const INSTALL = [
  "install",
  ...["--debug", "--config", "profile.dev.debug=false"],
  ...["--root", tools, "--force"],
];

function wasmBindgen() {
  const version = lockedVersion("wasm-bindgen");
  const cli = join(tools, "bin", "wasm-bindgen");
  if (existsSync(cli) && output(cli, ["--version"]).endsWith(` ${version}`)) {
    return;
  }
  say(`wasm-bindgen ${version}: building its command line (about a minute, once)`);
  mkdirSync(tools, { recursive: true });
  const args = [...INSTALL, "wasm-bindgen-cli", "--version", version, "--quiet"];
  must("cargo", args, `"cargo install wasm-bindgen-cli --version ${version}" failed; see above.`);
}

function cargoDeny() {
  if (findCargoDeny() !== undefined) {
    return;
  }
  say(`cargo-deny ${CARGO_DENY}: building it (about a minute, once)`);
  const args = [...INSTALL, "cargo-deny", "--version", CARGO_DENY];
  // Its own lock file can name what a registry does not have yet, or no longer.
  if (!succeeds("cargo", [...args, "--locked"]) && !succeeds("cargo", args)) {
    say(`cargo-deny could not be built: "cargo ${args.join(" ")}" says why.`);
  }
}

/**
 * The check of what the crate depends on.
 * @returns {string | undefined}
 */
export function findCargoDeny() {
  const path = join(tools, "bin", "cargo-deny");
  const isThere = isExecutable(path) && output(path, ["--version"]).endsWith(` ${CARGO_DENY}`);
  return isThere ? path : undefined;
}

/** Chromium and its driver. Nothing but tests needs them, so their absence is only told. */
function browser() {
  const { PAY4POWER_CHROMIUM, CHROME_PATH } = process.env;
  if (PAY4POWER_CHROMIUM === undefined && CHROME_PATH === undefined) {
    debianPackages({
      packages: ["chromium", "chromium-driver"],
      isMissing: () => findChromium() === undefined || findChromedriver() === undefined,
      name: "Chromium",
      otherwise:
        "Chromium or its driver is missing, so tests in a browser can't run: install Chrome and chromedriver",
    });
  }
}

/** Redis, for the tests of stores. */
function redis() {
  if (process.env.PAY4POWER_REDIS === undefined) {
    debianPackages({
      packages: ["redis-server"],
      isMissing: () => findRedis() === undefined,
      name: "Redis",
      otherwise: "redis-server is missing, so tests on it can't run: install Redis",
    });
  }
}

/** Installs Debian's packages where that needs no asking, and tells what is missing after all. */
function debianPackages({ packages, isMissing, name, otherwise }) {
  if (!isMissing()) {
    return;
  }
  if (process.getuid?.() === 0 && /^ID=debian$/m.test(readIfThere("/etc/os-release"))) {
    say(`${name}: installing Debian's`);
    // When that fails, what is missing is told below.
    succeeds("apt-get", ["update"]) &&
      succeeds("apt-get", ["install", "-y", "--no-install-recommends", ...packages]);
  }
  if (isMissing()) {
    say(`${otherwise}, or on Debian, as root, "apt-get install ${packages.join(" ")}".`);
  }
}

/** As root Chromium has no sandbox of its own, and tests open nothing but their own pages. */
export const CHROMIUM_ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
];

/**
 * The Chrome or Chromium to test in. One that the environment names is the only one tried.
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
export function findChromium(env = process.env) {
  const named = env.PAY4POWER_CHROMIUM ?? env.CHROME_PATH;
  if (named !== undefined) {
    return isExecutable(named) ? named : undefined;
  }
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
  const apps = ["Google Chrome", "Chromium"].map(
    (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
  );
  return onPath(names, env) ?? apps.find(isExecutable);
}

/**
 * The driver through which wasm-bindgen-test runs it.
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
export function findChromedriver(env = process.env) {
  if (env.CHROMEDRIVER !== undefined) {
    return isExecutable(env.CHROMEDRIVER) ? env.CHROMEDRIVER : undefined;
  }
  return onPath(["chromedriver"], env);
}

/**
 * The Redis to test on.
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
export function findRedis(env = process.env) {
  if (env.PAY4POWER_REDIS !== undefined) {
    return isExecutable(env.PAY4POWER_REDIS) ? env.PAY4POWER_REDIS : undefined;
  }
  return onPath(["redis-server"], env);
}

function onPath(names, env) {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

function lockedVersion(crate) {
  const lock = readFileSync(join(root, "Cargo.lock"), "utf8");
  const version = new RegExp(`name = "${crate}"\nversion = "([^"]+)"`).exec(lock)?.[1];
  if (version === undefined) {
    throw new SetupError(
      `Cargo.lock names no ${crate}: restore it with "git checkout Cargo.lock".`,
    );
  }
  return version;
}

export function say(text) {
  process.stderr.write(`${text}\n`);
}

function output(command, args) {
  return spawnSync(command, args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
}

function succeeds(command, args) {
  return spawnSync(command, args, { cwd: root, stdio: "ignore" }).status === 0;
}

function must(command, args, otherwise) {
  // What tools print belongs to set-up, so it goes where set-up speaks.
  if (spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] }).status !== 0) {
    throw new SetupError(otherwise);
  }
}
