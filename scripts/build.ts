// Builds the npm package: Rust to Wasm to glue, TypeScript to the entries, all into one tarball.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { root, say, tools, wasmToolchain } from "./setup.mjs";
import { must } from "./shell.ts";

/** What `exports` has for an entry, or for a condition: a file of the package, or more conditions. */
type Target = string | { readonly [condition: string]: Target };

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly name: string;
  readonly version: string;
  readonly exports: Record<string, Target>;
};
const npm = join(root, "npm");

/** Where a build of the package is. */
interface Site {
  /** The crate's features. What is published has none. */
  readonly features: readonly string[];
  readonly work: string;
  /** What wasm-bindgen writes. */
  readonly glue: string;
  /** The package's `dist`. */
  readonly dist: string;
  /** The folder that is packed. */
  readonly folder: string;
  readonly tarball: string;
}

/** What the Wasm as text is called among what is bundled. */
const WASM = "base64:core";

function siteOf(features: readonly string[]): Site {
  const work = join(root, "target", ["npm", ...features].join("-"));
  const tarball = join(work, `${manifest.name}-${manifest.version}.tgz`);
  const isPublished = features.length === 0;
  const dist = isPublished ? join(root, "dist") : join(work, "dist");
  // Where npm/core/call.ts imports it from, and where the compiler finds its types.
  const glue = isPublished ? join(npm, "generated") : join(work, "generated");
  return { features, work, glue, dist, folder: join(work, "package"), tarball };
}

/** What a build with these features of the crate has for the package's `dist`. */
export const distOf = (...features: readonly string[]): string => siteOf(features).dist;

/** The core as it is shipped, but with the names of its functions. */
export const named = join(siteOf([]).work, "named.wasm");

/**
 * Builds the tarball unless it is there and nothing that it is made of has changed. With features of
 * the crate it is another one, beside the one that is published.
 */
export async function build(...features: readonly string[]): Promise<string> {
  const site = siteOf(features);
  const { work, folder, dist, tarball } = site;
  const inputs = ["Cargo.*", ...PACKED, "{src,npm}/**/*", "scripts/{build.ts,setup.mjs}"];
  const hash = createHash("sha256").update(JSON.stringify(wasmToolchain().args));
  const files = globSync(inputs, { cwd: root, exclude: ["npm/generated/**"] }).sort();
  for (const file of files) {
    if (/\.\w+$|Cargo|LICENSE/.test(file)) {
      hash.update(file).update(readFileSync(join(root, file)));
    }
  }
  const wanted = hash.digest("hex");
  const stamp = join(work, "built");
  if (existsSync(tarball) && existsSync(stamp) && readFileSync(stamp, "utf8") === wanted) {
    return tarball;
  }
  say(["package: building", ...features].join(" "));
  mkdirSync(work, { recursive: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist, { recursive: true });
  buildCore(site);
  await buildEntries(site);
  stage(site);
  must("npm", ["pack", "--pack-destination", work, "--ignore-scripts"], { cwd: folder });
  writeFileSync(stamp, wanted);
  return tarball;
}

/** What npm packs beside what is built. */
const PACKED = ["package.json", "LICENSE-*", "README.md"];

/** Lays out the folder that is packed. */
function stage({ dist, folder }: Site): void {
  rmSync(folder, { recursive: true, force: true });
  cpSync(dist, join(folder, "dist"), { recursive: true });
  for (const file of globSync(PACKED, { cwd: root })) {
    copyFileSync(join(root, file), join(folder, file));
  }
  for (const [name, entry] of Object.entries(manifest.exports)) {
    if (name !== "." && typeof entry !== "string") {
      const stub = join(folder, name);
      mkdirSync(stub, { recursive: true });
      writeFileSync(join(stub, "package.json"), stubOf(entry));
    }
  }
}

/**
 * The `package.json` of the folder `slim`, for the entry `./slim`. Resolvers that know no `exports` take the
 * entry's files from there: TypeScript's node10, and Node's old algorithm, which eslint-plugin-import uses.
 */
function stubOf(entry: Target): string {
  const fileOf = (...conditions: readonly string[]) => {
    const file = conditions.reduce<Target | undefined>(
      (target, condition) => (typeof target === "object" ? target[condition] : target),
      entry,
    );
    return typeof file === "string" ? `.${file}` : undefined;
  };
  return JSON.stringify({
    main: fileOf("node", "require", "default") ?? fileOf("default"),
    module: fileOf("node", "module", "development", "default"),
    types: fileOf("node", "require", "types") ?? fileOf("types"),
  });
}

/**
 * For size after compression. Loops are laid out anew from flat code, which is then optimized twice. The first kilobyte
 * of the memory is the end of the stack: no pointer leads there. Functions stay apart and are sorted by name, so
 * that those of one crate lie side by side: they resemble each other.
 */
const OPTIMIZE = [
  ...["--flatten", "--rereloop", "-Oz", "-Oz", "--converge", "--low-memory-unused"],
  ...[
    "--one-caller-inline-max-function-size=20",
    "--reorder-functions-by-name",
    "--reorder-locals",
  ],
];

/** Rust to `dist/core.wasm`, and the JavaScript that goes with it (the glue) to `site.glue`. */
function buildCore(site: Site): void {
  const compiled = compile(site.features);
  // Writes core.js, core.d.ts and core_bg.wasm. The second flag adds `__wbg_reset_state`, which starts a
  // new instance of the Wasm: npm/core/call.ts calls it when the old one has trapped.
  must(join(tools, "bin", "wasm-bindgen"), [
    ...["--target", "web"],
    "--experimental-reset-state-function",
    ...["--out-name", "core"],
    ...["--out-dir", site.glue],
    compiled,
  ]);
  // Optimized for size; once with the names of its functions, for `npm run size`, and once without: names that
  // are stripped afterwards keep functions from being merged.
  const bound = join(site.glue, "core_bg.wasm");
  const named = join(site.work, "named.wasm");
  must("wasm-opt", [bound, ...OPTIMIZE, "--debuginfo", "-o", named]);
  const strip = ["--strip-debug", "--strip-producers", "--strip-target-features"];
  must("wasm-opt", [bound, ...strip, ...OPTIMIZE, "-o", join(site.dist, "core.wasm")]);
}

/** A panic names the file that it is in. The folders of this machine are nobody's business. */
const WITHOUT_PATHS = [
  `--remap-path-prefix=${process.env["CARGO_HOME"] ?? join(homedir(), ".cargo")}=cargo`,
  `--remap-path-prefix=${root}=.`,
];

/** Hardly any function is copied to where it is called, and no loop is unrolled: 3 kB less (docs/size.md). */
const FEW_COPIES = ["inline-threshold=0", "inlinehint-threshold=20", "unroll-threshold=0"].map(
  (setting) => `-Cllvm-args=-${setting}`,
);

/** Compiles the crate. The path of its Wasm, as wasm-bindgen takes it. */
export function compile(features: readonly string[] = []): string {
  const { cargo, args, env } = wasmToolchain();
  const build = ["build", "--release", "--lib", "--locked", `--features=${features.join()}`];
  const messages = must(cargo, [...build, "--message-format=json-render-diagnostics", ...args], {
    env: { ...env, CARGO_ENCODED_RUSTFLAGS: [...WITHOUT_PATHS, ...FEW_COPIES].join("\x1f") },
  });
  const wasm = messages.match(/"([^"]+pay4power_auth\.wasm)"/)?.[1];
  if (wasm === undefined) {
    throw new Error("cargo built no Wasm");
  }
  return wasm;
}

/**
 * The glue, for the bundler. What it would take from the host it takes from npm/core/host.ts, which keeps a trap
 * from reaching the host.
 */
function glueOf(site: Site): string {
  const glue = readFileSync(join(site.glue, "core.js"), "utf8");
  const host = JSON.stringify(join(npm, "core", "host.ts"));
  return `import { clearTimeout, queueMicrotask, setTimeout, WebAssembly } from ${host};${glue}`;
}

async function buildEntries(site: Site): Promise<void> {
  const { dist } = site;
  const wasm = readFileSync(join(dist, "core.wasm"));
  const core: esbuild.Plugin = {
    name: "core",
    setup(bundle) {
      const path = join(site.glue, "core.js");
      bundle.onResolve({ filter: /\/generated\/core\.js$/ }, () => ({ path }));
      bundle.onLoad({ filter: /\/generated\/core\.js$/ }, () => ({ contents: glueOf(site) }));
      bundle.onResolve({ filter: /\.wasm(\?module)?$/ }, ({ path }) => ({ path, external: true }));
      bundle.onResolve({ filter: /\.wasm\.base64$/ }, () => ({
        path: "core",
        namespace: "base64",
      }));
      bundle.onLoad({ filter: /./, namespace: "base64" }, () => ({
        contents: wasm.toString("base64"),
        loader: "text",
      }));
    },
  };
  const { metafile } = await esbuild.build({
    entryPoints: ENTRIES.map((name) => join(npm, "entries", `${name}.ts`)),
    outdir: dist,
    absWorkingDir: dist,
    bundle: true,
    splitting: true,
    chunkNames: "shared-[hash]",
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: true,
    metafile: true,
    define: { PACKAGE_VERSION: JSON.stringify(manifest.version) },
    plugins: [core],
  });
  await buildCommonJs(dist, metafile.outputs);
  for (const module of globSync("*.js", { cwd: dist })) {
    withoutBareImports(join(dist, module));
  }
  for (const map of globSync("*.map", { cwd: dist })) {
    withoutWasm(join(dist, map));
  }
  for (const file of globSync("*.d.ts", { cwd: join(npm, "types") })) {
    const text = readFileSync(join(npm, "types", file), "utf8");
    writeFileSync(join(dist, file), text);
    if (file !== "core.wasm.d.ts") {
      const twin = file.replace(/\.d\.ts$/, ".d.cts");
      writeFileSync(join(dist, twin), text.replaceAll(/(?<="\.\/\w+\.)js"/g, 'cjs"'));
    }
  }
}

/** The entries of the package. What they have in common they import from files `shared-….js`. */
const ENTRIES = [
  "inline",
  "workerd",
  "edge-light",
  "slim",
  "stores",
  "cloudflare",
  "cloudflare-inline",
];
/** Those that Node loads: each has a twin in CommonJS, which `import` loads too. */
const NODE_ENTRIES = ["inline", "slim", "stores", "cloudflare-inline"];

/**
 * The twins in CommonJS. What the entries have in common is one file here, and the Wasm another: Node
 * takes longer for each file than for what is in it.
 */
async function buildCommonJs(dist: string, outputs: esbuild.Metafile["outputs"]): Promise<void> {
  const entries = NODE_ENTRIES.map((name) => `${name}.js`);
  const imports = entries.flatMap((file) => outputs[file]?.imports ?? []);
  const shared = [...new Set(imports.map(({ path }) => path))];
  const wasm = shared.filter((file) => Object.keys(outputs[file]?.inputs ?? {}).includes(WASM));
  const parts = shared.filter((file) => !wasm.includes(file));
  const options = {
    absWorkingDir: dist,
    outdir: dist,
    outExtension: { ".js": ".cjs" },
    bundle: true,
    format: "cjs",
    platform: "node",
    target: "es2022",
    minify: true,
    sourcemap: true,
  } as const;
  const nameOf = (file: string) => `part${parts.indexOf(file)}`;
  const all = parts.map((file) => `export * as ${nameOf(file)} from "./${file}";`).join("\n");
  writeFileSync(join(dist, "shared.js"), all);
  await esbuild.build({ ...options, entryPoints: ["shared.js"] });
  rmSync(join(dist, "shared.js"));
  const twins: esbuild.Plugin = {
    name: "twins",
    setup(bundle) {
      bundle.onResolve({ filter: /^\.\/.*\.c?js$/ }, ({ path, namespace, kind }) => {
        if (kind === "entry-point") {
          return undefined;
        }
        const file = path.slice(2);
        return namespace === "part" || wasm.includes(file)
          ? { path: path.replace(/\.js$/, ".cjs"), external: true }
          : { path: file, namespace: "part" };
      });
      bundle.onLoad({ filter: /./, namespace: "part" }, ({ path }) => ({
        contents: `module.exports = require("./shared.cjs").${nameOf(path)};`,
      }));
    },
  };
  await esbuild.build({
    ...options,
    entryPoints: [...entries, ...wasm].map((file) => `./${file}`),
    plugins: [twins],
  });
  for (const name of NODE_ENTRIES) {
    // import and require share one instance: the CommonJS one.
    const names = outputs[`${name}.js`]?.exports.join(", ");
    writeFileSync(join(dist, `${name}.mjs`), `export { ${names} } from "./${name}.cjs";\n`);
  }
}

/**
 * esbuild imports what an entry shares with others once more for its effects. It has none, as
 * `sideEffects` says, and bundlers warn of that where the package is linked.
 */
function withoutBareImports(file: string): void {
  const text = readFileSync(file, "utf8");
  // As many blanks, for the source map's sake.
  const blank = (found: string) => " ".repeat(found.length);
  writeFileSync(file, text.replaceAll(/(?<=^|;)import"\.\/shared-\w+\.js";/g, blank));
}

/** A source map brings its sources, but the Wasm is none that anybody reads. */
function withoutWasm(file: string): void {
  const map = JSON.parse(readFileSync(file, "utf8")) as {
    sources: string[];
    sourcesContent: (string | null)[];
  };
  map.sourcesContent = map.sourcesContent.map((content, index) =>
    map.sources[index]?.startsWith("base64:") ? null : content,
  );
  writeFileSync(file, JSON.stringify(map));
}

if (import.meta.main) {
  say(await build());
}
