// Builds the npm package: Rust to Wasm to glue, TypeScript to the entries, all into one tarball.
import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { root, say, tools, wasmToolchain } from "./setup.mjs";
import { must } from "./shell.ts";

const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  readonly name: string;
  readonly version: string;
};
const dist = join(root, "dist");
const work = join(root, "target", "npm");
const npm = join(root, "src", "npm");
export const tarball = join(work, `${manifest.name}-${manifest.version}.tgz`);

/** Builds the tarball unless it is there and nothing that it is made of has changed. */
export async function build(): Promise<string> {
  const inputs = [
    "Cargo.*",
    "package.json",
    "LICENSE-*",
    "README.md",
    "src/**/*",
    "scripts/{build.ts,setup.mjs}",
  ];
  const hash = createHash("sha256").update(process.env["PAY4POWER_WASM"] ?? "");
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
  say("package: building");
  mkdirSync(work, { recursive: true });
  rmSync(dist, { recursive: true, force: true });
  mkdirSync(dist);
  buildCore();
  await buildEntries();
  must("npm", ["pack", "--pack-destination", work, "--ignore-scripts"]);
  writeFileSync(stamp, wanted);
  return tarball;
}

function buildCore(): void {
  const { cargo, args, env } = wasmToolchain();
  const messages = must(
    cargo,
    [
      "build",
      "--release",
      "--lib",
      "--locked",
      "--message-format=json-render-diagnostics",
      ...args,
    ],
    { env },
  );
  const wasm = messages.match(/"([^"]+pay4power_auth\.wasm)"/)?.[1];
  if (wasm === undefined) {
    throw new Error("cargo built no Wasm");
  }
  must(join(tools, "bin", "wasm-bindgen"), [
    ...[
      "--target",
      "bundler",
      "--no-typescript",
      "--remove-producers-section",
      "--remove-name-section",
    ],
    ...["--out-name", "core", "--out-dir", work, wasm],
  ]);
  // The features that every runtime of the last years has, and no more.
  const features = ["--enable-bulk-memory", "--enable-mutable-globals", "--enable-sign-ext"];
  features.push(
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-multivalue",
  );
  const optimize = ["-Oz", "--converge", "--strip-debug", ...features];
  must("wasm-opt", [join(work, "core_bg.wasm"), "-o", join(dist, "core.wasm"), ...optimize]);
}

async function buildEntries(): Promise<void> {
  // wasm-bindgen keeps its state in the glue's module scope. As a function, each instance of the
  // core has its own.
  const { code } = await esbuild.transform(readFileSync(join(work, "core_bg.js")), {
    format: "iife",
    globalName: "glue",
    minify: true,
  });
  writeFileSync(join(work, "glue.js"), `export function createGlue() { ${code} return glue; }`);

  const wasm = readFileSync(join(dist, "core.wasm"));
  const core: esbuild.Plugin = {
    name: "core",
    setup(bundle) {
      bundle.onResolve({ filter: /\/glue\.js$/ }, () => ({ path: join(work, "glue.js") }));
      bundle.onResolve({ filter: /\.wasm$/ }, () => ({ path: "./core.wasm", external: true }));
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
  const entry = (name: string, options: esbuild.BuildOptions): Promise<unknown> =>
    esbuild.build({
      entryPoints: [join(npm, "entries", name)],
      bundle: true,
      format: "esm",
      target: "es2022",
      // Names are kept: they are what a person reads in a stack, and compress to nothing.
      minifySyntax: true,
      minifyWhitespace: true,
      sourcemap: true,
      define: { PACKAGE_VERSION: JSON.stringify(manifest.version) },
      plugins: [core],
      ...options,
    });
  await entry("workerd.ts", { outfile: join(dist, "workerd.js") });
  await entry("inline.ts", { outfile: join(dist, "inline.js") });
  await entry("inline.ts", { outfile: join(dist, "node.cjs"), format: "cjs", platform: "node" });
  cpSync(join(npm, "entries", "node.mjs"), join(dist, "node.mjs"));
  cpSync(join(npm, "public.d.ts"), join(dist, "index.d.ts"));
  cpSync(join(npm, "public.d.ts"), join(dist, "index.d.cts"));
}

/** What a Worker bundles of the package, in bytes. */
export function sizes(): Record<"raw" | "gzip" | "brotli", number> {
  const files = ["core.wasm", "workerd.js"].map((name) => readFileSync(join(dist, name)));
  const total = (size: (file: Buffer) => number) => files.map(size).reduce((sum, n) => sum + n, 0);
  return {
    raw: total((file) => file.length),
    gzip: total((file) => gzipSync(file, { level: 9 }).length),
    brotli: total((file) => brotliCompressSync(file).length),
  };
}

if (import.meta.main) {
  const path = await build();
  const { raw, gzip, brotli } = sizes();
  say(`${path}\nin a Worker: ${raw} bytes, gzip ${gzip}, brotli ${brotli}`);
}
