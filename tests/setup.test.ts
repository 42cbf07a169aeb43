// The programs that set-up finds, and the report of npm test on missing programs.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { before, test } from "node:test";
import { run } from "../scripts/command.ts";
import { Progress } from "../scripts/progress.mjs";
import { root } from "../scripts/project.mjs";
import { cargoStep } from "../scripts/setup/cargo.mjs";
import { findWasmBindgen } from "../scripts/setup/cargo-tools.mjs";
import { SetupError } from "../scripts/setup/commands.mjs";
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

const commands = (
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  }
).scripts;

test("each command of package.json has a help, which needs no set-up", () => {
  for (const [name, command] of Object.entries(commands)) {
    const [, ...args] = command.split(" ");
    const { ok, output } = run(process.execPath, [...args, "--help"]);
    assert.ok(ok, name);
    assert.match(output, new RegExp(`^npm (?:run )?${name}\\b`, "m"));
  }
});

test("a wrong argument is one sentence and exit code 2", () => {
  const wrong: Record<string, string[]> = {
    start: ["--twice"],
    test: ["--watch"],
    "test:long": ["--watch"],
    build: ["now"],
    size: ["now"],
    docs: ["now"],
    sbom: ["now"],
    changeset: ["now"],
    "new-version": ["now"],
    format: ["now"],
    sandbox: ["--port", "many"],
    soak: ["--minutes", "many"],
    bench: ["--fast"],
    "bench:cold": ["none"],
  };
  for (const [name, words] of Object.entries(wrong)) {
    const [, ...args] = (commands[name] ?? "").split(" ");
    const { code, output } = run(process.execPath, [...args, ...words]);
    assert.equal(code, 2, `${name}: ${output}`);
    assert.ok(!/^ +at /m.test(output), output);
    const said = output
      .split("\n")
      .filter((line) => line !== "" && !/ \(usually |: done in /.test(line));
    assert.equal(said.length, 1, output);
  }
});

/** A stream that keeps what is written to it. */
function stream(isTTY: boolean) {
  const kept = Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY, columns: 40 });
  return { kept, text: () => String(kept.read() ?? "") };
}

test("set-up prints when a step begins, with the time that it usually takes, and when it ends", async () => {
  const { kept, text } = stream(false);
  const progress = new Progress(kept);
  assert.equal(await progress.step("tools", 40, async (report) => report("1 of 2")), undefined);
  await assert.rejects(
    progress.step("packages", 20, () => Promise.reject(new Error("no network"))),
  );
  assert.equal(
    text(),
    "tools (usually 40 s)\ntools: done in 0 s\npackages (usually 20 s)\npackages: failed after 0 s\n",
  );
});

test("it says which steps run at the same time, and which of them ends", async () => {
  const { kept, text } = stream(false);
  const progress = new Progress(kept);
  const ends: (() => void)[] = [];
  const step = (name: string) =>
    progress.step(name, 40, () => new Promise<void>((resolve) => ends.push(resolve)));
  const [packages, tools] = [step("packages"), step("tools")];
  assert.equal(text(), "packages (usually 40 s)\ntools (usually 40 s, at the same time)\n");
  ends[1]?.();
  await tools;
  assert.equal(text(), "tools: done in 0 s\n");
  ends[0]?.();
  await packages;
  assert.equal(text(), "packages: done in 0 s\n");
});

test("on a terminal it draws the steps that run, each with how far it is", async (context) => {
  context.mock.timers.enable({ apis: ["setInterval"] });
  const { kept, text } = stream(true);
  const progress = new Progress(kept);
  const ends: (() => void)[] = [];
  const step = (name: string) =>
    progress.step(name, 40, (report) => {
      report("12 of 44 crates");
      return new Promise<void>((resolve) => ends.push(resolve));
    });
  const steps = [step("tools"), step("packages with a name that is too long")];
  context.mock.timers.tick(100);
  const drawn = text();
  assert.match(drawn, /. tools, 12 of 44 crates: 0 s \(usually\n/m, "cut at the width");
  assert.match(drawn, /^. packages with a name that is too long\n/m);
  ends[0]?.();
  await steps[0];
  const ended = text();
  assert.ok(ended.includes("\u001b[2A"), "it moves up over the two lines");
  assert.match(ended, /✓ tools: 0 s\n\S+ packages/);
  ends[1]?.();
  await steps[1];
  assert.match(text(), /✓ packages with a name that is too long: 0 s\n/);
});

test("a failure of cargo is told with its messages and without its bars", async () => {
  const wrong = cargoStep("nothing", 1, {
    args: ["build", "--manifest-path", "nowhere/Cargo.toml"],
  });
  await assert.rejects(wrong, (error: Error) => {
    assert.ok(error instanceof SetupError);
    assert.match(
      error.message,
      /^"cargo build --manifest-path nowhere\/Cargo.toml" failed:\nerror: /,
    );
    return true;
  });
});

test("the wasm-bindgen of set-up has the version in Cargo.lock", () => {
  assert.ok(findWasmBindgen());
  const locked = (file: string, name: string) =>
    new RegExp(`name = "${name}"\nversion = "([^"]+)"`).exec(
      readFileSync(join(root, file), "utf8"),
    )?.[1];
  const version = locked("Cargo.lock", "wasm-bindgen");
  const lock = "scripts/wasm-bindgen/Cargo.lock";
  assert.equal(locked(lock, "wasm-bindgen"), version);
  assert.equal(locked(lock, "wasm-bindgen-cli-support"), version);
});
