// The version stands in package.json. All other places repeat it, and npm run new-version raises it everywhere.
import assert from "node:assert/strict";
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, beforeEach, test } from "node:test";
import { manifest } from "../scripts/build/paths.ts";
import { runOrThrow } from "../scripts/command.ts";
import { makeVersion } from "../scripts/new-version.ts";
import { root } from "../scripts/project.mjs";
import { versionsIn } from "../scripts/version-places.ts";

const folder = mkdtempSync(join(tmpdir(), "pay4power-version-"));
after(() => rmSync(folder, { recursive: true }));

const read = (file: string) => readFileSync(join(folder, file), "utf8");
const version = () => (JSON.parse(read("package.json")) as { version: string }).version;

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  const places = versionsIn(root).map(([file]) => file);
  for (const file of [...places, "package.json", "CHANGELOG.md", ".changeset"]) {
    cpSync(join(root, file), join(folder, file), { recursive: true });
  }
  for (const file of globSync(".changeset/*.md", { cwd: folder })) {
    rmSync(join(folder, file));
  }
  runOrThrow("git", ["init", "--quiet"], { cwd: folder });
});

/** Adds a change, as `npm run changeset` does. */
function change(name: string, kind: string, words: string): void {
  const text = `---\n"${manifest.name}": ${kind}\n---\n\n${words}\n`;
  writeFileSync(join(folder, ".changeset", `${name}.md`), text);
}

test("every place has the version of package.json", () => {
  const versions = versionsIn(root);
  assert.ok(versions.length > 5);
  const files = versions.map(([file]) => file);
  for (const file of globSync(["**/README.md", "**/package.json", "**/Cargo.lock"], {
    cwd: root,
    exclude: ["**/node_modules/**", "**/target/**", "package.json", "npm/**", ".tools/**"],
  })) {
    const repeated = /pay4power-auth(?:-|@\^|": "\^|"\nversion = ")\d+\.\d+\.\d+/;
    if (repeated.test(readFileSync(join(root, file), "utf8"))) {
      assert.ok(files.includes(file), `${file} repeats the version: add it to the places`);
    }
  }
  for (const [file, found] of versions) {
    assert.equal(found, manifest.version, file);
  }
  const [, newest = ""] = /^## (\S+)/m.exec(readFileSync(join(root, "CHANGELOG.md"), "utf8")) ?? [];
  assert.equal(newest, manifest.version, "CHANGELOG.md");
  const readme = readFileSync(join(root, "README.md"), "utf8");
  for (const [told] of readme.matchAll(/(?<=\bversion )\d+\.\d+\.\d+/g)) {
    assert.equal(told, manifest.version, "README.md");
  }
});

test("no README of an example names the tarball's path, which is another one for a copy of the folder", () => {
  const files = globSync("examples/*/README.md", { cwd: root });
  assert.ok(files.length > 0);
  for (const file of files) {
    assert.doesNotMatch(readFileSync(join(root, file), "utf8"), /target\/npm|\.tgz/, file);
  }
});

test("a new version is in every place, and its section of CHANGELOG.md comes first", () => {
  const before = read("CHANGELOG.md");
  const [major, minor] = version().split(".").map(Number);
  change("two-cats", "patch", "`close()` ends a wait at once.");
  change("blue-dogs", "minor", "`createClient` takes `example`.\n\nYou must do nothing.");
  assert.equal(makeVersion(folder, "2030-01-02"), version());
  assert.equal(version(), `${major}.${(minor ?? 0) + 1}.0`);
  for (const [file, found] of versionsIn(folder)) {
    assert.equal(found, version(), file);
  }
  const section = `## ${version()} (2030-01-02)

### New

- \`createClient\` takes \`example\`.

  You must do nothing.

### Fixed

- \`close()\` ends a wait at once.

`;
  assert.equal(read("CHANGELOG.md"), before.replace("\n## ", `\n${section}## `));
  assert.deepEqual(globSync(".changeset/*.md", { cwd: folder }), []);
});

test("a change that breaks users is under words that say so", () => {
  change("red-fish", "major", "`fetch` needs `baseUrl`. Set it.");
  makeVersion(folder, "2030-01-02");
  assert.match(read("CHANGELOG.md"), /### You must act\n\n- `fetch` needs `baseUrl`\. Set it\./);
});

test("without a change there is no new version", () => {
  assert.equal(makeVersion(folder, "2030-01-02"), undefined);
});

test("a place that has lost its version is an error before any place changes", () => {
  const file = join(folder, "Cargo.toml");
  writeFileSync(file, read("Cargo.toml").replace("version", "edition"));
  change("two-cats", "patch", "words");
  assert.throws(() => makeVersion(folder, "2030-01-02"), /Cargo\.toml: expected one version/);
  assert.equal(
    (JSON.parse(read("package-lock.json")) as { version: string }).version,
    manifest.version,
  );
});
