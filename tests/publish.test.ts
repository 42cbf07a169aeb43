// What the workflow that publishes checks by itself, run as GitHub would.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { run } from "../scripts/command.ts";
import { root } from "../scripts/project.mjs";

const read = (name: string) => readFileSync(join(root, ".github", "workflows", name), "utf8");
const publish = read("publish.yml");

/** A step's script, by the step's name. */
function scriptOf(name: string): string {
  const [, step = ""] = publish.split(`- name: ${name}\n`);
  const [, line = "", block = ""] = /^ {8}run: (?:\|\n((?: {10}.*\n)+)|(.+)\n)/m.exec(step) ?? [];
  const script = (line || block).replaceAll(/^ {10}/gm, "");
  assert.notEqual(script, "", name);
  return script;
}

const folder = join(root, "target", "publish");

/** Runs a step in a folder with these files. */
function step(name: string, files: Record<string, string>, env: Record<string, string>) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "target", "npm"), { recursive: true });
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  return run("bash", ["-e", "-c", scriptOf(name)], { cwd: folder, env });
}

test("without the address of its repository nothing is published, and it says what to set", () => {
  const env = { GITHUB_REPOSITORY: "somebody/pay4power-auth" };
  const url = "git+https://github.com/somebody/pay4power-auth.git";
  const check = (manifest: object) =>
    step("The package names its repository", { "package.json": JSON.stringify(manifest) }, env);
  for (const repository of [undefined, {}, { url: url.replace("somebody", "another") }]) {
    const { ok, output } = check({ repository });
    assert.ok(!ok);
    assert.ok(output.startsWith("::error file=package.json::repository.url must be "), output);
    assert.ok(output.includes(url), output);
  }
  assert.deepEqual(check({ repository: { url } }), { ok: true, code: 0, output: "" });
});

test("only the version of the tag is published", () => {
  const files = { "package.json": '{ "version": "1.2.3" }' };
  const name = "The tag is the version";
  assert.ok(step(name, files, { GITHUB_REF_NAME: "v1.2.3" }).ok);
  assert.ok(!step(name, files, { GITHUB_REF_NAME: "v1.2.4" }).ok);
});

test("only the tarball that was tested is published", () => {
  const output = join(folder, "output");
  const told = step("What was tested", { "target/npm/a.tgz": "tested" }, { GITHUB_OUTPUT: output });
  assert.ok(told.ok, told.output);
  const [, TESTED = ""] = /^sha256=(.+)\n$/.exec(readFileSync(output, "utf8")) ?? [];
  const name = "It is what was tested";
  assert.ok(step(name, { "a.tgz": "tested" }, { TESTED }).ok);
  assert.ok(!step(name, { "a.tgz": "another" }, { TESTED }).ok);
  assert.match(publish, /needs: test\n/);
  const [, publishing = ""] = publish.split("\n  publish:\n");
  assert.match(publishing, /TESTED: \$\{\{ needs\.test\.outputs\.sha256 \}\}/);
  assert.doesNotMatch(publishing, /checkout|npm (ci|install|test|run)/);
  assert.ok(
    publishing.indexOf(name) < publishing.indexOf("npm publish ./*.tgz --provenance"),
    "checked first",
  );
});

test("the tarball is built once, and the tests take that one", () => {
  const [, building = "", machines = "", testing = ""] = publish.split(
    /\n {2}(?:build|machines|test):\n/,
  );
  assert.match(building, /run: npm run build\n/);
  assert.doesNotMatch(building, /needs:/);
  for (const later of [machines, testing]) {
    assert.doesNotMatch(later, /npm (?:ci|install|run build)/);
    assert.match(later, /needs: (?:build|\[build, machines\])\n/);
    assert.match(later, /name: tarball\n {10}path: ready\n/);
  }
  assert.match(machines, /run: node scripts\/smoke\.mjs ready\/\*\.tgz\n/);

  const env = join(folder, "env");
  const taken = step("The tests take the tarball", {}, { GITHUB_ENV: env });
  assert.ok(!taken.ok, "without a tarball");
  const files = { "ready/a.tgz": "built" };
  assert.ok(step("The tests take the tarball", files, { GITHUB_ENV: env }).ok);
  assert.equal(readFileSync(env, "utf8"), `PAY4POWER_TARBALL=${join(folder, "ready", "a.tgz")}\n`);
  assert.ok(testing.indexOf("PAY4POWER_TARBALL") < testing.indexOf(".ci/run"));

  const output = join(folder, "output");
  step("What was built", { "target/npm/a.tgz": "built" }, { GITHUB_OUTPUT: output });
  const [, BUILT = ""] = /^sha256=(.+)\n$/.exec(readFileSync(output, "utf8")) ?? [];
  const name = "It is what was built";
  assert.ok(step(name, { "target/npm/a.tgz": "built" }, { BUILT }).ok);
  assert.ok(!step(name, { "target/npm/a.tgz": "another" }, { BUILT }).ok);
  assert.match(testing, /BUILT: \$\{\{ needs\.build\.outputs\.sha256 \}\}/);
});

test("a change that waits for a version stops it", () => {
  const name = "No change waits for a version";
  assert.ok(step(name, { ".changeset/config.json": "{}" }, {}).ok);
  assert.ok(!step(name, { ".changeset/blue-cats-run.md": "" }, {}).ok);
});

test("it is tested as every change is", () => {
  const installs = (workflow: string) => workflow.match(/- run: sudo apt-get .*/g);
  assert.ok(installs(publish)?.join().includes("redis-server"));
  assert.deepEqual(installs(publish), installs(read("ci.yml")));
});
