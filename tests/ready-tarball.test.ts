// A tarball that was built elsewhere, which PAY4POWER_TARBALL names, is the one that the tests test.
import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { type BuildPaths, buildPaths, manifest } from "../scripts/build/paths.ts";
import { takeTarball } from "../scripts/build/ready-tarball.ts";
import { build } from "../scripts/build.ts";
import { run, runOrThrow } from "../scripts/command.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";

const folder = join(root, "target", "ready-tarball");
const script = join(root, "scripts", "build.ts");
let built: string;
before(async () => {
  built = await build();
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
});

/** Packs the built package again, with changed files. */
function repack(name: string, files: Record<string, string>): string {
  const installed = join(makeConsumer(join(folder, name), built), "node_modules", manifest.name);
  for (const [file, text] of Object.entries(files)) {
    writeFileSync(join(installed, file), text);
  }
  const pack = ["pack", "--silent", "--ignore-scripts", "--pack-destination", join(folder, name)];
  return join(folder, name, runOrThrow("npm", pack, { cwd: installed }).trim());
}

/** Paths as those of a build, in a folder of this test. */
function ownPaths(): BuildPaths {
  const work = join(folder, "work");
  return {
    ...buildPaths([]),
    work,
    glue: join(work, "generated"),
    dist: join(work, "dist"),
    folder: join(work, "package"),
    tarball: join(work, "taken.tgz"),
  };
}

test("its bytes and its files are those that the tests get, instead of a build's", async () => {
  const given = repack("changed", { "dist/inline.mjs": "export const from = 'elsewhere';\n" });
  const paths = ownPaths();
  mkdirSync(paths.dist, { recursive: true });
  writeFileSync(join(paths.dist, "of-an-old-build.js"), "");
  writeFileSync(join(paths.work, "built"), "an old build");
  assert.equal(await takeTarball(given, paths), paths.tarball);
  assert.ok(readFileSync(paths.tarball).equals(readFileSync(given)));
  assert.match(readFileSync(join(paths.dist, "inline.mjs"), "utf8"), /elsewhere/);
  assert.match(readFileSync(join(paths.folder, "dist", "inline.mjs"), "utf8"), /elsewhere/);
  assert.ok(existsSync(join(paths.glue, "core.d.ts")));
  assert.ok(!existsSync(join(paths.dist, "of-an-old-build.js")));
  assert.ok(!existsSync(join(paths.work, "built")), "without the variable, the next build is anew");
});

test("the smoke test passes with the tarball, and fails with one whose CommonJS entry does not load", () => {
  const smoke = (tarball: string) => run(process.execPath, ["scripts/smoke.mjs", tarball]);
  const good = smoke(built);
  assert.ok(good.ok, good.output);
  assert.match(good.output, /^pay4power-auth \S+ works on /);
  const broken = smoke(repack("broken", { "dist/inline.cjs": "throw new Error('broken');" }));
  assert.ok(!broken.ok);
  assert.match(broken.output, /broken/);
});

test("the variable chooses it, and a wrong one is an error before anything changes", () => {
  const copy = join(folder, "copy.tgz");
  copyFileSync(built, copy);
  const buildWith = (PAY4POWER_TARBALL: string) =>
    run(process.execPath, [script], { env: { PAY4POWER_TARBALL } });
  assert.deepEqual(buildWith(copy), { ok: true, code: 0, output: `${built}\n` });
  const other = JSON.stringify({ ...manifest, version: "99.0.0" });
  const before = readFileSync(built);
  for (const [given, problem] of [
    [repack("other", { "package.json": other }), /must be pay4power-auth .*, found .* 99\.0\.0/],
    [join(folder, "nothing.tgz"), /no such file is there/],
  ] as const) {
    const { ok, output } = buildWith(given);
    assert.ok(!ok);
    assert.match(output, problem);
    assert.ok(readFileSync(built).equals(before));
  }
});
