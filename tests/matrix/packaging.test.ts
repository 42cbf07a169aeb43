// What is in the package, and what its consumers' tools make of it.
import assert from "node:assert/strict";
import {
  cpSync,
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import * as esbuild from "esbuild";
import { build } from "../../scripts/build.ts";
import { run } from "../../scripts/command.ts";
import { root } from "../../scripts/project.mjs";
import { ANY_TOKEN } from "../portable/search.ts";
import { assertNoSecret } from "../support/leaks.ts";
import { commandOf, consumer, INLINE, must, versionOf } from "./tools.ts";

interface Manifest {
  readonly sideEffects: readonly string[];
  readonly exports: Record<string, object | string>;
  readonly bin: Record<string, string>;
}

let tarball: string;
let folder: string;
let installed: string;
let manifest: Manifest;
before(async () => {
  tarball = await build();
  folder = consumer("packaging", tarball);
  installed = join(folder, "node_modules", "pay4power-auth");
  manifest = JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as Manifest;
});

const read = (file: string) => readFileSync(join(installed, file), "utf8");

/** The files that `exports` names, with the condition that each is for. */
function leaves(exports: object | string, condition = ""): [string, string][] {
  return typeof exports === "string"
    ? [[condition, exports]]
    : Object.entries(exports).flatMap(([name, inner]) => leaves(inner as object, name));
}

/** The entries, for every condition. */
function programs(): string[] {
  const files = Object.values(manifest.exports).flatMap((entry) => leaves(entry));
  return files.map(([, file]) => file).filter((file) => /\.(m?js|cjs)$/.test(file));
}

/** An entry with all that it imports but the Wasm and the platform. */
const ALL = {
  bundle: true,
  write: false,
  format: "esm",
  external: ["*.wasm", "*.wasm?module", "cloudflare:*", "node:*"],
  logLevel: "silent",
} as const satisfies esbuild.BuildOptions;

test("npm installs it from the tarball alone", () => {
  const fresh = consumer("npm-install", tarball);
  writeFileSync(join(fresh, "package.json"), JSON.stringify({ private: true }));
  const args = ["install", "--offline", "--no-audit", "--no-fund", "--loglevel=error", tarball];
  const { ok, output } = run("npm", args, { cwd: fresh });
  assert.ok(ok, output);
  const source = `import("pay4power-auth").then((lib) => console.log(lib.Token === require("pay4power-auth").Token))`;
  assert.equal(run("node", ["-e", source], { cwd: fresh }).output, "true\n");
});

test("no file, source maps and Wasm among them, has a token or a key that could be a real one", () => {
  const files = globSync("**/*", { cwd: installed }).filter((file) =>
    statSync(join(installed, file)).isFile(),
  );
  assert.ok(files.some((file) => file.endsWith(".map")) && files.includes("dist/core.wasm"));
  for (const file of files) {
    const text = readFileSync(join(installed, file), "latin1");
    // In the Wasm, texts stand side by side: what is shorter than a key may be two of them.
    const keys = text.match(/(?:PRIV|PUB)_KEY_[\w-]{24,}/g) ?? [];
    assert.deepEqual(
      keys.filter((key) => !/_KEY_sandbox/.test(key)),
      [],
      file,
    );
    assertNoSecret(text, [ANY_TOKEN], file);
  }
});

test("types come first and default last, under every condition", () => {
  const check = (conditions: object | string): void => {
    if (typeof conditions === "string") {
      return;
    }
    const names = Object.keys(conditions);
    // `development` counts for those only that know `module`: all others find `import` or `require` behind it.
    assert.ok(["default", "require", "development"].includes(names.at(-1) ?? ""), names.join());
    assert.ok(!names.includes("types") || names[0] === "types", names.join());
    Object.values(conditions).forEach(check);
  };
  Object.entries(manifest.exports).forEach(([name, entry]) => {
    check(entry);
    assert.ok(typeof entry === "string" || Object.keys(entry).at(-1) === "default", name);
  });
});

test("what is named is there, and what is there is needed", () => {
  const named = Object.values(manifest.exports).flatMap((entry) => leaves(entry));
  for (const [, file] of named) {
    assert.ok(globSync(file, { cwd: installed }).length === 1, file);
  }
  const top = readdirSync(installed).sort();
  const documents = [
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "README.md",
    "SECURITY.md",
  ];
  const always = [
    ...documents,
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "dist",
    "docs",
    "examples",
    "llms.txt",
    "package.json",
    "sbom.cdx.json",
    "worker",
  ];
  const folders = Object.keys(manifest.exports).map((name) => name.slice("./".length));
  const wanted = new Set([...always, ...folders.filter((name) => name !== "")]);
  assert.deepEqual(top, [...wanted].sort());
  const reached = new Set<string>();
  const reach = (file: string) => {
    if (reached.has(file) || !existsSync(join(installed, "dist", file))) {
      return;
    }
    reached.add(file);
    if (!file.endsWith(".wasm") && !file.endsWith(".map")) {
      // What it imports, requires or has its types from, and its map.
      const text = read(join("dist", file));
      for (const [, other = ""] of text.matchAll(/["'=]\.?\/?([\w.-]+\.\w+)(?:\?module)?["'\n]/g)) {
        reach(other);
        reach(other.replace(/\.(c?)js$/, ".d.$1ts"));
      }
    }
  };
  for (const file of [...named.map(([, file]) => file), ...Object.values(manifest.bin)]) {
    reach(file.replace(/^(\.\/)?dist\//, ""));
  }
  assert.deepEqual([...reached].sort(), readdirSync(join(installed, "dist")).sort());
});

test("each document to which the README links is in the package", () => {
  const links = [...read("README.md").matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, to]) => to);
  assert.ok(links.length > 5);
  for (const to of links) {
    assert.ok(existsSync(join(installed, to ?? "")), to);
  }
});

test("sideEffects names exactly the entries that bring the Wasm", async () => {
  const bringing = new Set<string>();
  for (const file of programs()) {
    const entryPoints = [join(installed, file)];
    const { outputFiles } = await esbuild.build({ ...ALL, entryPoints, ignoreAnnotations: true });
    const text = outputFiles[0]?.text ?? "";
    if (INLINE.test(text) || /from "\.\/core\.wasm/.test(text)) {
      bringing.add(file);
    }
  }
  assert.deepEqual([...manifest.sideEffects].sort(), [...bringing].sort());
});

test("where the package is linked, bundlers have nothing to warn of", async () => {
  // In node_modules they would not say it.
  const linked = join(folder, "linked");
  cpSync(installed, linked, { recursive: true });
  for (const file of programs()) {
    const { warnings } = await esbuild.build({ ...ALL, entryPoints: [join(linked, file)] });
    assert.deepEqual(warnings, [], file);
  }
});

test("a source map leads to the TypeScript, and carries no Wasm", () => {
  const maps = readdirSync(join(installed, "dist")).filter((file) => file.endsWith(".map"));
  const sources = maps.flatMap((file) => {
    const map = JSON.parse(read(join("dist", file))) as {
      sources: string[];
      sourcesContent: (string | null)[];
    };
    assert.ok(!map.sourcesContent.some((content) => INLINE.test(content ?? "")), file);
    return map.sources.filter((_, index) => map.sourcesContent[index] !== null);
  });
  for (const source of ["client/client.ts", "token.ts", "errors.ts", "core/call.ts"]) {
    assert.ok(
      sources.some((path) => path.endsWith(`npm/${source}`)),
      source,
    );
  }
});

const published = () =>
  readdirSync(join(installed, "dist"))
    .filter((file) => /\.(?:m?js|cjs|wasm)$/.test(file))
    .map((file) => [file, read(join("dist", file))] as const);

test("the glue's microtasks, instances and closures lead through the guard against traps", () => {
  const bins = Object.values(manifest.bin);
  for (const [file, text] of published().filter(([name]) => !bins.includes(`dist/${name}`))) {
    assert.doesNotMatch(text, /(?<![\w$.])queueMicrotask\(/, file);
    assert.doesNotMatch(text, /(?<![\w$.])WebAssembly\.Instance\(/, file);
  }
  const glue = readFileSync(join(root, "npm", "generated", "core.js"), "utf8");
  const host = readFileSync(join(root, "npm", "core", "host.ts"), "utf8");
  const pattern = /MAKERS = \/(.+)\//.exec(host)?.[1] ?? "";
  assert.notEqual(pattern, "");
  const callers = glue
    .split(/^ {8}(?=\w+: function)/m)
    .filter((part) => /\bmake(?:Mut)?Closure\(arg/.test(part.split("\n        },")[0] ?? ""))
    .map((part) => part.slice(0, part.indexOf(":")));
  assert.ok(callers.length > 0);
  for (const caller of callers) {
    assert.match(caller, new RegExp(pattern));
  }
  // And nowhere else but where they are defined.
  const calls = glue.match(/\bmake(?:Mut)?Closure\(/g)?.length ?? 0;
  const definitions = glue.match(/function make(?:Mut)?Closure\(/g)?.length ?? 0;
  assert.equal(calls - definitions, callers.length);
});

test("the command line loads the entry beside it, and carries the licences of what it bundles", () => {
  const [[name = "", file = ""] = []] = Object.entries(manifest.bin);
  const text = read(file);
  assert.equal(name, "pay4power-auth");
  assert.match(text, /^#!\/usr\/bin\/env node\n/);
  assert.match(text, /require\("\.\/inline\.cjs"\)/);
  assert.doesNotMatch(text, INLINE);
  const needed = [...text.matchAll(/\brequire\("([^"]+)"\)/g)].map(([, module = ""]) => module);
  const foreign = needed.filter((module) => !isBuiltin(module));
  assert.deepEqual([...new Set(foreign)], ["./inline.cjs"]);
  const licences = read("dist/cli-licences.txt");
  for (const bundled of ["commander", "dotenv", "hono", "jose", "yocto-spinner"]) {
    assert.match(licences, new RegExp(`^${bundled} [\\d.]+$`, "m"));
  }
});

test("nothing tells of the machine that built it, or needs a file beside it", () => {
  const home = process.env["HOME"] ?? "/root";
  for (const [file, text] of published()) {
    assert.ok(!text.includes(root), file);
    assert.ok(!text.includes(`${home}/.cargo`), file);
    assert.ok(!text.includes("import.meta"), file);
  }
});

/** What a bundler makes of one import, as text. */
async function bundled(contents: string, conditions: string[]): Promise<string> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    write: false,
    format: "esm",
    conditions,
    external: ["*.wasm", "*.wasm?module"],
    logLevel: "silent",
  });
  return outputFiles[0]?.text ?? "";
}

const USE = `import { createClient } from "pay4power-auth"; console.log(createClient);`;

test("each condition brings its own way to the Wasm, and no other", async () => {
  const workerd = await bundled(USE, ["workerd", "worker", "browser"]);
  assert.match(workerd, /from "\.\/core\.wasm"/);
  const edge = await bundled(USE, ["edge-light"]);
  assert.match(edge, /from "\.\/core\.wasm\?module"/);
  const slim = await bundled(USE.replace("auth", "auth/slim"), ["browser"]);
  const browser = await bundled(USE, ["browser"]);
  assert.match(browser, INLINE);
  for (const text of [workerd, edge, slim]) {
    assert.doesNotMatch(text, INLINE);
  }
  for (const text of [workerd, edge, slim, browser]) {
    assert.doesNotMatch(text, /\bnode:|\brequire\(|\bprocess\.env|\beval\(|new Function\(/);
  }
});

test("who imports it and uses nothing of slim bundles nothing", async () => {
  assert.equal(await bundled(`import "pay4power-auth/slim";`, []), "");
  assert.match(await bundled(`import "pay4power-auth";`, []), /WebAssembly/);
});

/** What a program's own types are of: libraries of TypeScript, and packages of types. */
const PLATFORMS = {
  nothing: { lib: "es2022", types: "", files: [] },
  dom: { lib: "es2022,dom", types: "", files: ["platform.ts"] },
  disposable: {
    lib: "es2022,esnext.disposable,dom",
    types: "",
    files: ["platform.ts", "disposable.ts"],
  },
  "the types of Node": { lib: "es2022", types: "node", files: ["platform.ts"] },
  "the types of Cloudflare": {
    lib: "es2022",
    types: "@cloudflare/workers-types",
    files: ["platform.ts", "cloudflare-worker.ts"],
  },
};
const RESOLUTIONS = {
  node16: { module: "node16", files: ["required.cts", "cloudflare.cts"] },
  nodenext: { module: "nodenext", files: ["required.cts", "cloudflare.cts"] },
  bundler: { module: "esnext", files: [] },
};
const EVERYWHERE = ["plain.ts", "core.ts", "cloudflare.ts"];

describe("the declarations compile", () => {
  before(() => {
    cpSync(join(root, "tests", "types", "consumer"), folder, { recursive: true });
    cpSync(join(folder, "plain.ts"), join(folder, "required.cts"));
    cpSync(join(folder, "cloudflare.ts"), join(folder, "cloudflare.cts"));
    for (const types of ["@types/node", "undici-types", "@cloudflare/workers-types"]) {
      const there = join(folder, "node_modules", types);
      cpSync(join(root, "node_modules", types), there, { recursive: true });
    }
  });
  for (const [platform, { lib, types, files }] of Object.entries(PLATFORMS)) {
    for (const [resolution, { module, files: more }] of Object.entries(RESOLUTIONS)) {
      test(`with ${resolution} and ${platform}`, () => {
        const strict = ["--strict", "--exactOptionalPropertyTypes", "--noImplicitOverride"];
        const how = ["--target", "es2022", "--module", module, "--moduleResolution", resolution];
        const known = ["--lib", lib, "--types", types];
        const args = ["--noEmit", "--ignoreConfig", ...strict, ...how, ...known];
        const all = [...EVERYWHERE, ...more, ...files];
        const { ok, output } = run("tsc", [...args, ...all], { cwd: folder });
        assert.ok(ok, output);
      });
    }
  }
});

test("publint has nothing to say", { skip: missing("publint") }, () => {
  assert.match(must(folder, "publint", "run", "--strict", tarball), /All good/);
});

test("nor has arethetypeswrong", { skip: missing("@arethetypeswrong/cli") }, () => {
  const check = (...args: string[]) => {
    const { ok, output } = run(commandOf("attw"), [tarball, "--no-emoji", ...args], {
      cwd: folder,
    });
    assert.ok(ok, output);
  };
  check("--exclude-entrypoints", "./core.wasm");
  // TypeScript takes the Wasm for a module, and CommonJS can't require one. What its declarations say is
  // compiled above.
  check("--entrypoints", "./core.wasm", "--ignore-rules", "cjs-resolves-to-esm");
});

function missing(name: string): string | false {
  const isMissing = versionOf(name) === undefined;
  assert.ok(!isMissing || !process.env["CI"], `CI must have ${name}`);
  return isMissing && `NOT RUN, ${name} is missing`;
}
