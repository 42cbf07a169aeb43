// Finds or installs the programs that only tests need: Chromium, its driver and Redis. Plain JavaScript without
// dependencies.
import { existsSync, readFileSync } from "node:fs";
import { say } from "../project.mjs";
import { succeeds } from "./commands.mjs";
import { findOnPath, isExecutable } from "./executables.mjs";

/** As root Chromium can't use its sandbox. Tests open only their own pages. */
export const CHROMIUM_ARGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-background-networking",
];

/** Installs Chromium and its driver, if they are missing. A failure is only a message. */
export function installBrowser() {
  const { PAY4POWER_CHROMIUM, CHROME_PATH } = process.env;
  if (PAY4POWER_CHROMIUM === undefined && CHROME_PATH === undefined) {
    installFromDebian({
      packages: ["chromium", "chromium-driver"],
      isMissing: () => findChromium() === undefined || findChromedriver() === undefined,
      name: "Chromium",
      advice:
        "Chromium or its driver is missing, so tests in a browser can't run: install Chrome and chromedriver",
    });
  }
}

/** Installs Redis, which tests of stores need, if it is missing. A failure is only a message. */
export function installRedis() {
  if (process.env.PAY4POWER_REDIS === undefined) {
    installFromDebian({
      packages: ["redis-server"],
      isMissing: () => findRedis() === undefined,
      name: "Redis",
      advice: "redis-server is missing, so tests on it can't run: install Redis",
    });
  }
}

/** Installs Debian's packages if this is Debian and the user is root. Prints `advice` if the program stays missing. */
function installFromDebian({ packages, isMissing, name, advice }) {
  if (!isMissing()) {
    return;
  }
  if (process.getuid?.() === 0 && isDebian()) {
    say(`${name}: installing Debian's`);
    succeeds("apt-get", ["update"]) &&
      succeeds("apt-get", ["install", "-y", "--no-install-recommends", ...packages]);
  }
  if (isMissing()) {
    say(`${advice}, or on Debian, as root, "apt-get install ${packages.join(" ")}".`);
  }
}

function isDebian() {
  const file = "/etc/os-release";
  return existsSync(file) && /^ID=debian$/m.test(readFileSync(file, "utf8"));
}

/**
 * Returns the path of the Chrome or Chromium for tests. If the environment names one, no other one is tried.
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
  return findOnPath(names, env) ?? apps.find(isExecutable);
}

/**
 * Returns the path of the driver by which wasm-bindgen-test controls the browser.
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
export function findChromedriver(env = process.env) {
  if (env.CHROMEDRIVER !== undefined) {
    return isExecutable(env.CHROMEDRIVER) ? env.CHROMEDRIVER : undefined;
  }
  return findOnPath(["chromedriver"], env);
}

/**
 * Returns the path of the Redis for tests.
 * @param {Record<string, string | undefined>} env
 * @returns {string | undefined}
 */
export function findRedis(env = process.env) {
  if (env.PAY4POWER_REDIS !== undefined) {
    return isExecutable(env.PAY4POWER_REDIS) ? env.PAY4POWER_REDIS : undefined;
  }
  return findOnPath(["redis-server"], env);
}
