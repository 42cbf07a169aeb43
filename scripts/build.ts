// Builds the npm package: Rust to Wasm to glue, TypeScript to the entries, all into one tarball.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { releaseToolchain, root, say, tools } from "./setup.mjs";
import { must } from "./shell.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly name: string;
  readonly version: string;
};
const npm = join(root, "npm");

/** Where a build of the package is. */
interface Site {
  /** The crate's features. What is published has none. */
  readonly features: readonly string[];
  readonly work: string;
  /** What is packed. */
  readonly folder: string;
  readonly dist: string;
  readonly tarball: string;
}

/** What the Wasm as text is called among what is bundled. */
const WASM = "base64:core";

function siteOf(features: readonly string[]): Site {
  const work = join(root, "target", ["npm", ...features].join("-"));
  const folder = features.length === 0 ? root : join(work, "package");
  const tarball = join(work, `${manifest.name}-${manifest.version}.tgz`);
  return { features, work, folder, dist: join(folder, "dist"), tarball };
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
  const hash = createHash("sha256").update(JSON.stringify(releaseToolchain().args));
  for (const file of globSync(inputs, { cwd: root, withFileTypes: false }).sort()) {
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
  for (const file of folder === root ? [] : globSync(PACKED, { cwd: root })) {
    copyFileSync(join(root, file), join(folder, file));
  }
  must("npm", ["pack", "--pack-destination", work, "--ignore-scripts"], { cwd: folder });
  writeFileSync(stamp, wanted);
  return tarball;
}

/** What npm packs beside what is built. */
const PACKED = ["package.json", "LICENSE-*", "README.md"];

function buildCore(site: Site): void {
  const { cargo, args, env } = releaseToolchain();
  const messages = must(
    cargo,
    [
      "build",
      "--release",
      "--lib",
      "--locked",
      ...site.features.flatMap((feature) => ["--features", feature]),
      "--message-format=json-render-diagnostics",
      ...args,
    ],
    { env },
  );
  const wasm = messages.match(/"([^"]+pay4power_auth\.wasm)"/)?.[1];
  if (wasm === undefined) {
    throw new Error("cargo built no Wasm");
  }
  const output = ["--out-name", "core", "--out-dir", site.work, wasm];
  const bindgen = ["--target", "bundler", "--no-typescript", "--remove-producers-section"];
  must(join(tools, "bin", "wasm-bindgen"), [...bindgen, ...output]);
  // The features that every runtime of the last years has, and no more.
  const features = ["--enable-bulk-memory", "--enable-mutable-globals", "--enable-sign-ext"];
  features.push(
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
  );
  // With the names of its functions, for `npm run size`.
  const bound = join(site.work, "core_bg.wasm");
  const named = join(site.work, "named.wasm");
  const optimize = ["-Oz", "--flatten", "--rereloop", "-Oz", "-Oz", "--converge"];
  optimize.push("--reorder-functions");
  must("wasm-opt", [bound, "-o", named, ...optimize, "--debuginfo", ...features]);
  const core = join(site.dist, "core.wasm");
  const minify = ["--strip-debug", "--strip-target-features"];
  minify.push("--minify-imports-and-exports-and-modules");
  const renamed = must("wasm-opt", [named, "-o", core, ...minify, ...features]);
  const { imports, exports } = JSON.parse(renamed) as {
    readonly imports: readonly [module: string, name: string, short: string][];
    readonly exports: readonly [name: string, short: string][];
  };
  writeGlue(
    site,
    new Map([...imports.map(([, name, short]) => [name, short] as const), ...exports]),
  );
}

/**
 * wasm-bindgen keeps its state in the scope of the module that it generates. As a function, each
 * instance of the core has its own. `names` is what wasm-opt calls the imports and the exports: the
 * generated names have hashes, which no compression makes smaller.
 */
function writeGlue({ work, dist }: Site, names: ReadonlyMap<string, string>): void {
  const core = readFileSync(join(dist, "core.wasm"));
  // These names fit the imports of any version. A section of a name of its own tells them apart.
  const stamp = createHash("sha256").update(core).digest("hex").slice(0, 8);
  const section = [stamp.length, ...Buffer.from(stamp)];
  writeFileSync(
    join(dist, "core.wasm"),
    Buffer.concat([core, Buffer.of(0, section.length, ...section)]),
  );

  const generated = readFileSync(join(work, "core_bg.js"), "utf8");
  const exported = Array.from(generated.matchAll(/^export \w+ (\w+)/gm), ([, name = ""]) => name);
  const isGenerated = (name: string) => name.startsWith("__wb");
  const imports = exported.filter((name) => isGenerated(name) && names.has(name));
  const api = exported.filter((name) => !isGenerated(name));
  const short = (name: string) => names.get(name) ?? name;
  const byHost = [...names.keys()].filter((name) => BY_HOST.test(name));
  if (byHost.length > 0) {
    throw new Error(`exports that a host would call, who can't catch what they throw: ${byHost}`);
  }
  const code = `export function createGlue(module, guard) {
    if (WebAssembly.Module.customSections(module, "${stamp}").length !== 1) {
      throw new Error("expected the core of this version, found another module");
    }
    ${generated.replaceAll(/^export /gm, "").replaceAll(/(?<=\bwasm\.)\w+/g, short)}
    const imports = { ${imports.map((name) => `${short(name)}: ${name}`)} };
    const instance = new WebAssembly.Instance(module, { a: imports });
    __wbg_set_wasm(guard(instance.exports));
    wasm.${short("__wbindgen_start")}();
    return { ${api} };
  }`;
  writeFileSync(join(work, "glue.js"), esbuild.transformSync(code, { minify: true }).code);
}

/** What timers, promises and the garbage collector would call: closures, and what ends a value. */
const BY_HOST = /closures_+invoke|^__wbindgen_destroy_closure$|^__wbg_\w+_free$/;

async function buildEntries({ work, dist }: Site): Promise<void> {
  const wasm = readFileSync(join(dist, "core.wasm"));
  const core: esbuild.Plugin = {
    name: "core",
    setup(bundle) {
      bundle.onResolve({ filter: /\/glue\.js$/ }, () => ({ path: join(work, "glue.js") }));
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
    // Short names save 1 kB with brotli; source maps lead back to what they stand for.
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
  for (const [from, to] of Object.entries(DECLARATIONS)) {
    // Inside the package they have other names.
    const text = readFileSync(join(npm, from), "utf8")
      .replaceAll('"./public.js"', '"./index.js"')
      .replaceAll('"./public-', '"./');
    writeFileSync(join(dist, `${to}.d.ts`), text);
    if (!to.endsWith(".wasm")) {
      writeFileSync(join(dist, `${to}.d.cts`), text.replaceAll(/(?<="\.\/\w+\.)js"/g, 'cjs"'));
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
/** The declarations, and what they are called in the package. */
const DECLARATIONS = {
  "public.d.ts": "index",
  "public-platform.d.ts": "platform",
  "public-core.wasm.d.ts": "core.wasm",
  "public-slim.d.ts": "slim",
  "public-stores.d.ts": "stores",
  "public-cloudflare.d.ts": "cloudflare",
};

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
