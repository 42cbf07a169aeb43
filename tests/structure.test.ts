// Rules about the tree itself.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../scripts/setup.mjs";

const read = (file: string) => readFileSync(join(root, file), "utf8");

/** JavaScript types belong in the shell. Comments may name them. */
const crossesTheWall = (source: string) =>
  /\b(js_sys|web_sys|wasm_bindgen|wasm_bindgen_futures|serde_wasm_bindgen|gloo_net)\b/.test(
    source.replaceAll(/\/\/.*$/gm, ""),
  );

test("no JavaScript type is named in the core", () => {
  const core = globSync("src/**/*.rs", { cwd: root, exclude: ["src/js/**"] });
  assert.ok(core.length > 8);
  assert.deepEqual(
    core.filter((file) => crossesTheWall(read(file))),
    [],
  );
  assert.ok(crossesTheWall("use js_sys::Date;"));
  assert.ok(crossesTheWall("fn now() -> wasm_bindgen::JsValue {"));
  assert.ok(!crossesTheWall("// js_sys stays outside"));
});

test("the core reads no clock, draws no number and opens nothing", () => {
  const outside =
    /\bstd::(time|net::(Tcp|Udp)|fs|env|thread|process)\b|\b(SystemTime|Instant)::now\b|\brand::/;
  for (const file of globSync("src/**/*.rs", { cwd: root, exclude: ["src/js/**"] })) {
    assert.doesNotMatch(read(file), outside, file);
  }
  assert.match("std::time::Instant", outside);
});

test("the crate, the package and the lock file have one version", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  assert.match(read("Cargo.toml"), new RegExp(`^version = "${version}"$`, "m"));
  assert.equal((JSON.parse(read("package-lock.json")) as { version: string }).version, version);
});

test("the lock file names no registry, and every package that this machine takes by its hash", () => {
  const lock = read("package-lock.json");
  assert.doesNotMatch(lock, /"resolved"/);
  assert.ok((lock.match(/"integrity"/g) ?? []).length > 40);
});

test("the lock file says what every package must be made of", () => {
  const { packages } = JSON.parse(read("package-lock.json")) as {
    packages: Record<string, { integrity?: string; inBundle?: boolean }>;
  };
  const unchecked = Object.entries(packages).filter(
    ([path, { integrity, inBundle }]) => path !== "" && !inBundle && !integrity,
  );
  assert.deepEqual(
    unchecked.map(([path]) => path),
    [],
  );
});

test("every code of the core is declared, and no other", () => {
  const codes = (file: string) => [...new Set(read(file).match(/P4P_[A-Z_]+/g))].sort();
  assert.deepEqual(codes("src/npm/public.d.ts"), codes("src/error.rs"));
  const inReadme = new Set(codes("README.md"));
  assert.deepEqual(
    codes("src/error.rs").filter((code) => !inReadme.has(code)),
    [],
  );
});

test("the workflow may only read, and its actions can't change under it", () => {
  const workflow = read(".github/workflows/ci.yml");
  assert.match(workflow, /^permissions:\n {2}contents: read$/m);
  assert.equal(workflow.match(/permissions:/g)?.length, 1);
  assert.match(workflow, /run: \.ci\/run$/m);
  const actions = workflow.match(/uses: .*/g) ?? [];
  assert.ok(actions.length > 0);
  for (const action of actions) {
    assert.match(action, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v[\d.]+$/);
  }
});

test("no document carries an address of this machine or a file that is not there", () => {
  for (const file of globSync("*.md", { cwd: root })) {
    const text = read(file);
    assert.doesNotMatch(text, /\/(home|root|tmp|work)\//, file);
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      assert.ok(existsSync(join(root, target)), `${file}: ${target}`);
    }
  }
});
