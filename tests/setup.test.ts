// The programs that set-up finds, and the report of npm test on missing programs.
import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { run } from "../scripts/command.ts";
import { root } from "../scripts/project.mjs";
import { findChromedriver, findChromium, findRedis } from "../scripts/setup/test-programs.mjs";

const folder = join(root, "target", "setup");
const chrome = join(folder, "google-chrome");
const driver = join(folder, "chromedriver");
const redis = join(folder, "redis-server");
const missing = join(folder, "nothing");

before(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(chrome, "", { mode: 0o755 });
  writeFileSync(driver, "", { mode: 0o755 });
  writeFileSync(redis, "", { mode: 0o755 });
  writeFileSync(join(folder, "chromium"), "not executable", { mode: 0o644 });
});

test("a browser is found where the environment names it, else on the path", () => {
  assert.equal(findChromium({ PATH: folder }), chrome);
  assert.equal(
    findChromium({ PATH: "", PAY4POWER_CHROMIUM: chrome, CHROME_PATH: missing }),
    chrome,
  );
  assert.equal(findChromium({ PATH: "", CHROME_PATH: chrome }), chrome);
  assert.equal(findChromium({ PATH: folder, PAY4POWER_CHROMIUM: missing }), undefined, "no other");
  assert.equal(findChromedriver({ PATH: folder }), driver);
  assert.equal(findChromedriver({ PATH: "", CHROMEDRIVER: driver }), driver);
  assert.equal(findChromedriver({ PATH: folder, CHROMEDRIVER: missing }), undefined);
  assert.equal(findChromedriver({}), undefined);
});

test("a Redis is found in the same way", () => {
  assert.equal(findRedis({ PATH: folder }), redis);
  assert.equal(findRedis({ PATH: "", PAY4POWER_REDIS: redis }), redis);
  assert.equal(findRedis({ PATH: folder, PAY4POWER_REDIS: missing }), undefined, "no other");
  assert.equal(findRedis({}), undefined);
});

test("tests that lack a browser are reported, and fail in CI", () => {
  const script = join(root, "scripts", "test.ts");
  const summary = (env: Record<string, string>) =>
    run(process.execPath, [script, "in Chromium"], {
      env: { PAY4POWER_CHROMIUM: missing, ...env },
    });
  const here = summary({ CI: "" });
  assert.ok(here.ok, here.output);
  assert.match(here.output, /wasm-bindgen-test in Chromium: NOT RUN, Chromium is missing/);
  assert.match(here.output, /^0 passed, 0 failed, 2 NOT RUN$/m);
  const inCi = summary({ CI: "true", CHROMEDRIVER: missing });
  assert.ok(!inCi.ok, inCi.output);
  assert.match(inCi.output, /NOT RUN, Chromium and chromedriver are missing/);
  assert.match(inCi.output, /^0 passed, [1-9] failed$/m);
  assert.ok(!run(process.execPath, [script, "no such step"]).ok);
});

test("so are those that lack a Redis", () => {
  const script = join(root, "scripts", "test.ts");
  const env = { PAY4POWER_REDIS: missing };
  const here = run(process.execPath, [script, "real Redis"], { env: { ...env, CI: "" } });
  assert.ok(here.ok, here.output);
  assert.match(here.output, /a real Redis: NOT RUN, redis-server is missing/);
  assert.match(here.output, /^0 passed, 0 failed, 1 NOT RUN$/m);
  assert.ok(!run(process.execPath, [script, "real Redis"], { env: { ...env, CI: "true" } }).ok);
});
