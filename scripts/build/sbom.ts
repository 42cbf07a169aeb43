// Writes the bill of materials of the tarball (SBOM, in CycloneDX's form): each crate that is compiled into the Wasm, and
// each npm package in the command line. It has neither a date nor a random number, so that equal builds make equal files.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Enums, Models, Serialize, Spec } from "@cyclonedx/cyclonedx-library";
import { parse } from "smol-toml";
import { runOrThrow } from "../command.ts";
import { root } from "../project.mjs";
import { wasmToolchain } from "../setup/wasm-toolchain.mjs";
import type { BundledPackage } from "./command-line.ts";
import { manifest } from "./paths.ts";

/** The file's name in the package. */
export const SBOM = "sbom.cdx.json";

/** A part of what `cargo metadata` prints. */
interface CrateGraph {
  readonly packages: readonly {
    readonly id: string;
    readonly name: string;
    readonly version: string;
    readonly license: string;
    readonly targets: readonly { readonly kind: readonly string[] }[];
  }[];
  readonly resolve: {
    readonly root: string;
    readonly nodes: readonly {
      readonly id: string;
      readonly deps: readonly {
        readonly pkg: string;
        readonly dep_kinds: readonly { readonly kind: string | null }[];
      }[];
    }[];
  };
}

/** Writes the bill of materials into a folder. */
export function writeSbom(folder: string, inCommandLine: readonly BundledPackage[]): void {
  const { name, version, license } = manifest;
  const bom = new Models.Bom();
  const self = component("npm", { name, version, license });
  bom.metadata.component = self;
  const core = addCrates(bom);
  for (const { integrity, ...about } of inCommandLine) {
    const part = component("npm", about, [Enums.HashAlgorithm["SHA-512"], hexOf(integrity)]);
    bom.components.add(part);
    self.dependencies.add(part.bomRef);
  }
  for (const part of core) {
    self.dependencies.add(part.bomRef);
  }
  const json = new Serialize.JsonSerializer(
    new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6),
  ).serialize(bom, { sortLists: true, space: 2 });
  writeFileSync(join(folder, SBOM), `${json}\n`);
}

/** Adds the crates in the Wasm, and the standard library. Returns those that the crate itself uses. */
function addCrates(bom: Models.Bom): readonly Models.Component[] {
  const { cargo, env } = wasmToolchain();
  const filter = ["--filter-platform", "wasm32-unknown-unknown"];
  const metadata = runOrThrow(
    cargo,
    ["metadata", "--format-version", "1", "--locked", "--quiet", ...filter],
    { env },
  );
  const graph = JSON.parse(metadata.slice(metadata.indexOf("{"))) as CrateGraph;
  const checksums = crateChecksums();
  const added = new Map<string, Models.Component>();
  /** Adds the dependencies of a crate. A crate that only compiles others, such as a macro, is not in the Wasm. */
  const dependenciesOf = (id: string): Models.Component[] => {
    const { deps = [] } = graph.resolve.nodes.find((node) => node.id === id) ?? {};
    const linked = deps.filter(({ dep_kinds }) => dep_kinds.some(({ kind }) => kind === null));
    return linked.flatMap(({ pkg }) => add(pkg) ?? []);
  };
  const add = (id: string): Models.Component | undefined => {
    const known = added.get(id);
    const crate = graph.packages.find((one) => one.id === id);
    if (known || !crate || crate.targets.some(({ kind }) => kind.includes("proc-macro"))) {
      return known;
    }
    const checksum = checksums.get(`${crate.name} ${crate.version}`);
    const hash = checksum && ([Enums.HashAlgorithm["SHA-256"], checksum] as const);
    const part = component("cargo", crate, hash || []);
    added.set(id, part);
    bom.components.add(part);
    for (const dependency of dependenciesOf(id)) {
      part.dependencies.add(dependency.bomRef);
    }
    return part;
  };
  const used = dependenciesOf(graph.resolve.root);
  const std = component("generic", standardLibrary());
  bom.components.add(std);
  return [...used, std];
}

/** Returns the checksums in Cargo.lock by `name version`. */
function crateChecksums(): ReadonlyMap<string, string | undefined> {
  const lock = parse(readFileSync(join(root, "Cargo.lock"), "utf8")) as unknown as {
    package: readonly { name: string; version: string; checksum?: string }[];
  };
  return new Map(
    lock.package.map(({ name, version, checksum }) => [`${name} ${version}`, checksum]),
  );
}

/** Rust's standard library has the version of the compiler. */
function standardLibrary(): About {
  const { env } = wasmToolchain();
  const rustc = (env as Record<string, string>)["RUSTC"] ?? "rustc";
  const [, version = ""] = /^rustc (\S+)/.exec(runOrThrow(rustc, ["--version"])) ?? [];
  return { name: "rust-std", version, license: "MIT OR Apache-2.0" };
}

interface About {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

function component(
  kind: "npm" | "cargo" | "generic",
  { name, version, license }: About,
  [algorithm, hash]: readonly [Enums.HashAlgorithm?, string?] = [],
): Models.Component {
  const purl = `pkg:${kind}/${name.replace("@", "%40")}@${version}`;
  const part = new Models.Component(Enums.ComponentType.Library, name, {
    version,
    purl,
    bomRef: purl,
  });
  // Older crates separate licences by a slash.
  part.licenses.add(new Models.LicenseExpression(license.replaceAll("/", " OR ")));
  if (algorithm !== undefined && hash !== undefined) {
    part.hashes.set(algorithm, hash);
  }
  return part;
}

/** Returns a hash of a package-lock.json in hexadecimal. */
const hexOf = (integrity: string) =>
  Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex");
