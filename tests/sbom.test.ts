// The bill of materials of the tarball.
import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { buildPaths, manifest } from "../scripts/build/paths.ts";
import { buildNamedWasm } from "../scripts/build/wasm.ts";
import { build } from "../scripts/build.ts";
import { run, runOrThrow } from "../scripts/command.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { wasmToolchain } from "../scripts/setup/wasm-toolchain.mjs";
import { crateOf, functionSizes } from "../scripts/wasm-functions.ts";

interface Component {
  readonly name: string;
  readonly version: string;
  readonly purl: string;
  readonly hashes: readonly { readonly content: string }[];
  readonly licenses: readonly { readonly expression: string }[];
}

/** Rust's standard library: its crates, with `hashbrown` for its maps, and the functions that the compiler adds. */
const STANDARD = ["core", "alloc", "std", "hashbrown", "__rustc", "(runtime)"];

let installed: string;
let text: string;
let components: readonly Component[];
before(async () => {
  const folder = makeConsumer(join(root, "target", "consumers", "sbom"), await build());
  installed = join(folder, "node_modules", manifest.name);
  text = readFileSync(join(installed, "sbom.cdx.json"), "utf8");
  ({ components } = JSON.parse(text) as { components: readonly Component[] });
});

const ofKind = (kind: string) => components.filter(({ purl }) => purl.startsWith(`pkg:${kind}/`));

test("it follows CycloneDX's schema, and is of this package", async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  assert.equal(await validator.validate(text), null);
  assert.notEqual(await validator.validate(text.replace('"components"', '"parts"')), null);
  const { metadata } = JSON.parse(text) as { metadata: { component: Component } };
  assert.equal(metadata.component.purl, `pkg:npm/${manifest.name}@${manifest.version}`);
});

test("npm run sbom prints the one in the tarball", () => {
  const script = join(root, "scripts", "sbom.ts");
  assert.deepEqual(run(process.execPath, [script]), { ok: true, code: 0, output: text });
});

test("it has each crate that cargo compiles into the Wasm, with version and licence, and no other", () => {
  const { cargo, env } = wasmToolchain();
  const edges = ["--target", "wasm32-unknown-unknown", "-e", "normal,no-proc-macro"];
  const format = ["--prefix", "none", "--no-dedupe", "--format", "{p}|{l}"];
  const tree = runOrThrow(cargo, ["tree", "--locked", "--quiet", ...edges, ...format], { env });
  const lines = tree.trim().split("\n");
  const others = lines.filter((line) => !line.startsWith(`${manifest.name} v`));
  assert.ok(others.length > 20);
  assert.deepEqual(
    ofKind("cargo")
      .map(({ name, version, licenses }) => `${name} v${version}|${licenses[0]?.expression}`)
      .sort(),
    [...new Set(others)].sort(),
  );
  assert.deepEqual(
    ofKind("generic").map(({ name }) => name),
    ["rust-std"],
  );
});

test("it has each crate whose functions are in the Wasm", async () => {
  const wasm = readFileSync(await buildNamedWasm(buildPaths([])));
  const crates = new Set(functionSizes(wasm).map(([name]) => crateOf(name)));
  const named = new Set(ofKind("cargo").map(({ name }) => name.replaceAll("-", "_")));
  const found = [...crates].filter((crate) => named.has(crate));
  assert.ok(found.length > 5, [...crates].join());
  const own = ["pay4power_auth", ...STANDARD];
  assert.deepEqual(
    [...crates].filter((crate) => !named.has(crate) && !own.includes(crate)),
    [],
  );
});

test("it has each npm package in the command line, and the entries have none", () => {
  const licences = readFileSync(join(installed, "dist", "cli-licences.txt"), "utf8");
  const bundled = [...licences.matchAll(/^([@\w./-]+) (\d+\.\d+\.\d+\S*)$/gm)];
  assert.ok(bundled.length > 4);
  assert.deepEqual(
    ofKind("npm")
      .map(({ name, version }) => `${name} ${version}`)
      .sort(),
    bundled.map(([line]) => line).sort(),
  );
  for (const map of globSync("dist/*.map", { cwd: installed })) {
    const { sources } = JSON.parse(readFileSync(join(installed, map), "utf8"));
    assert.ok(!JSON.stringify(sources).includes("node_modules"), map);
  }
});

test("each part that a registry has is there with its checksum", () => {
  const locks = ["Cargo.lock", "package-lock.json"].map((file) =>
    readFileSync(join(root, file), "utf8"),
  );
  for (const { purl, hashes } of [...ofKind("cargo"), ...ofKind("npm")]) {
    const hash = hashes[0]?.content ?? "";
    const inBase64 = Buffer.from(hash, "hex").toString("base64");
    assert.ok(
      hash !== "" && locks.some((lock) => lock.includes(hash) || lock.includes(inBase64)),
      purl,
    );
  }
});
