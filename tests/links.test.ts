// The links of the documents lead to something: in the repository, and in the package that npm installs. llms.txt lists
// all documents of the package.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { before, test } from "node:test";
import { manifest } from "../scripts/build/paths.ts";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { anchorsIn, documents, linksIn } from "./support/markdown.ts";

let installed: string;
before(async () => {
  const folder = makeConsumer(join(root, "target", "consumers", "links"), await build());
  installed = join(folder, "node_modules", manifest.name);
});

/** Returns the relative links of a document that lead to nothing in `folder`: a file, or a heading of a document. */
function brokenLinks(folder: string, document: string): string[] {
  const text = readFileSync(join(folder, document), "utf8");
  return linksIn(text).filter((link) => {
    if (/^[a-z]+:/.test(link)) {
      return false;
    }
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? document : normalize(join(dirname(document), path));
    const file = join(folder, target);
    const isOutside = target.startsWith("..");
    const hasAnchor = () => anchorsIn(readFileSync(file, "utf8")).includes(anchor ?? "");
    return isOutside || !existsSync(file) || (anchor !== undefined && !hasAnchor());
  });
}

const broken = (folder: string, files: readonly string[]) =>
  files.flatMap((file) => brokenLinks(folder, file).map((link) => `${file}: ${link}`));

test("each link of a document leads to a file or a heading of the repository", () => {
  assert.ok(documents().length > 8);
  assert.deepEqual(broken(root, [...documents(), "llms.txt"]), []);
});

test("each link of a packed document leads to a file or a heading of the package", () => {
  const packed = globSync(["**/*.md", "llms.txt"], { cwd: installed });
  assert.ok(packed.length > 8);
  assert.deepEqual(broken(installed, packed), []);
});

test("each promise of SECURITY.md names its tests, and they are there", () => {
  const security = readFileSync(join(root, "SECURITY.md"), "utf8");
  const [, promises = ""] = security.split("## Promises, and where each ends\n");
  for (const promise of promises.split(/^## /m)[0]?.split(/^### /m).slice(1) ?? []) {
    const [, line = ""] = /^Tested by ([\s\S]+?)\.$/m.exec(promise) ?? [];
    const files = [...line.matchAll(/`([^`]+)`/g)].map(([, file = ""]) => file);
    assert.ok(files.length > 0, promise.split("\n")[0]);
    for (const file of files) {
      assert.ok(existsSync(join(root, file)), file);
    }
  }
});

test("llms.txt has the form of llmstxt.org, and names each packed document and each entry", () => {
  const text = readFileSync(join(installed, "llms.txt"), "utf8");
  assert.match(text, /^# pay4power-auth\n\n> \S.*\n(?:> .*\n)*\n/);
  const sections = text.split(/^## /m).slice(1);
  assert.ok(sections.length > 1);
  for (const line of sections.flatMap((section) => section.split("\n").slice(1))) {
    assert.match(line, /^(?:- \[[^\]]+\]\([^)]+\): \S.*)?$/, "a link with one line about it");
  }
  const linked = linksIn(text);
  const packed = globSync("**/*.md", { cwd: installed });
  assert.deepEqual(
    packed.filter((file) => !linked.includes(file)),
    [],
  );
  for (const entry of Object.keys(manifest.exports)) {
    const name = join(manifest.name, entry);
    assert.ok(entry === "./package.json" || text.includes(`\`${name}\``), name);
  }
});
