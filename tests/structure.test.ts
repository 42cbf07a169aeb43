// Rules about the tree itself.
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { test } from "node:test";
import { root } from "../scripts/project.mjs";

const read = (file: string) => readFileSync(join(root, file), "utf8");

/** JavaScript types belong in the shell. Comments may name them. */
const crossesTheWall = (source: string) =>
  /\b(js_sys|web_sys|wasm_bindgen|wasm_bindgen_futures|serde_wasm_bindgen|gloo_net)\b/.test(
    source.replaceAll(/\/\/.*$/gm, ""),
  );

test("no JavaScript type is named in the core", () => {
  const core = globSync("src/**/*.rs", { cwd: root, exclude: ["src/wasm/**"] });
  assert.ok(core.length > 8);
  assert.deepEqual(
    core.filter((file) => crossesTheWall(read(file))),
    [],
  );
  assert.ok(crossesTheWall("use js_sys::Date;"));
  assert.ok(crossesTheWall("fn now() -> wasm_bindgen::JsValue {"));
  assert.ok(!crossesTheWall("// js_sys stays outside"));
});

test("the core reads no clock, draws no number and opens nothing", () => {
  const outside =
    /\bstd::(net::(Tcp|Udp)|fs|env|thread|process)\b|\b(SystemTime|Instant)\b|\brand::/;
  for (const file of globSync("src/**/*.rs", { cwd: root, exclude: ["src/wasm/**"] })) {
    assert.doesNotMatch(read(file), outside, file);
  }
  assert.match("std::time::Instant", outside);
});

test("the crate stands on the packages it was given, and each is used", () => {
  const manifest = read("Cargo.toml");
  const code = globSync("src/**/*.rs", { cwd: root }).map(read).join("\n");
  const given = ["wasm-bindgen", "wasm-bindgen-futures", "web-sys", "js-sys", "serde"];
  for (const name of [...given, "serde-wasm-bindgen", "gloo-net"]) {
    const [dependencies = ""] = manifest.split("dev-dependencies");
    assert.match(dependencies, new RegExp(`^${name} = `, "m"));
    assert.match(code, new RegExp(`\\b${name.replaceAll("-", "_")}::`), name);
  }
  assert.match(manifest, /^wasm-bindgen-test = /m);
  assert.match(read("tests/wasm/request.rs"), /#\[wasm_bindgen_test\]/);
});

test("src holds Rust and nothing else, and what is generated is not committed", () => {
  assert.deepEqual(globSync("src/**/*.*", { cwd: root, exclude: ["src/**/*.rs"] }), []);
  assert.match(read(".gitignore"), /^\/npm\/generated\/$/m);
});

test("the crate, the package and the lock file have one version", () => {
  const { version } = JSON.parse(read("package.json")) as { version: string };
  assert.match(read("Cargo.toml"), new RegExp(`^version = "${version}"$`, "m"));
  assert.equal((JSON.parse(read("package-lock.json")) as { version: string }).version, version);
});

/** The Worker has the package from the folder above. */
const isLinked = (path: string) => ["..", "node_modules/pay4power-auth"].includes(path);

for (const folder of [
  "",
  "bench/",
  "scripts/stryker/",
  "scripts/typedoc/",
  "tests/matrix/",
  "tests/matrix/next-14/",
  "worker/",
]) {
  const file = `${folder}package-lock.json`;
  test(`${file} names no registry, and says what every package must be made of`, () => {
    const lock = read(file);
    assert.doesNotMatch(lock, /"resolved": "(?!\.\.")/);
    const { packages } = JSON.parse(lock) as {
      packages: Record<string, { integrity?: string; inBundle?: boolean }>;
    };
    const unchecked = Object.entries(packages).filter(
      ([path, { integrity, inBundle }]) =>
        path !== "" && !inBundle && !integrity && !isLinked(path),
    );
    assert.ok(Object.keys(packages).length > 20);
    assert.deepEqual(
      unchecked.map(([path]) => path),
      [],
    );
  });
}

test("the Worker is tested with the package versions that it is deployed with", () => {
  const versions = (file: string) => {
    const { dependencies, devDependencies } = JSON.parse(read(file));
    return { ...dependencies, ...devDependencies } as Record<string, string>;
  };
  const ours = { ...versions("package.json"), ...versions("tests/matrix/package.json") };
  for (const [name, version] of Object.entries(versions("worker/package.json"))) {
    assert.equal(version, name === "pay4power-auth" ? "file:.." : ours[name], name);
  }
});

test("the examples are tested with the package versions that they name", () => {
  const dependencies = (file: string) => {
    const { dependencies, devDependencies } = JSON.parse(read(file));
    return Object.entries({ ...dependencies, ...devDependencies } as Record<string, string>);
  };
  const { version } = JSON.parse(read("package.json")) as { version: string };
  const tested = [
    `pay4power-auth@^${version}`,
    ...["package.json", "tests/matrix/package.json"].flatMap(dependencies).map(([name, version]) =>
      // An alias, `npm:NAME@VERSION`, is a second version of a package.
      version.startsWith("npm:")
        ? version.slice(4).replace(/@(?=\d)/, "@^")
        : `${name}@^${version}`,
    ),
  ];
  const manifests = globSync("examples/*/package.json", { cwd: root });
  assert.ok(manifests.length > 2);
  for (const file of manifests) {
    for (const [name, range] of dependencies(file)) {
      assert.ok(tested.includes(`${name}@${range}`), `${file}: ${name}@${range}`);
    }
  }
});

test("the reference has each entry of the package that has types of its own", () => {
  const { exports } = JSON.parse(read("package.json")) as { exports: Record<string, object> };
  const names = Object.keys(exports).filter((name) => !/\.(wasm|json)$/.test(name));
  const files = names.map((name) => (name === "." ? "index" : name.slice("./".length)));
  const entries = read("scripts/typedoc/typedoc.jsonc").match(
    /(?<=npm\/types\/)\w+(?=\.d\.ts",?$)/gm,
  );
  assert.deepEqual(entries?.sort(), files.sort());
});

test("every code of the core is declared, and no other", () => {
  const codes = (file: string) => [...new Set(read(file).match(/P4P_[A-Z_]+/g))].sort();
  assert.deepEqual(codes("npm/types/index.d.ts"), codes("src/error.rs"));
  const inReadme = new Set(codes("README.md"));
  assert.deepEqual(
    codes("src/error.rs").filter((code) => !inReadme.has(code)),
    [],
  );
});

test("the command line has advice for every code of the core, and for no other", () => {
  const keys = read("cli/advice.ts").match(/^ {2}P4P_[A-Z_]+(?=: \{)/gm) ?? [];
  const codes = read("src/error.rs").match(/P4P_[A-Z_]+/g) ?? [];
  assert.deepEqual(keys.map((key) => key.trim()).sort(), [...new Set(codes)].sort());
});

test("the command line names the core's own address and environment", () => {
  const ofCore = (name: string) =>
    new RegExp(`const ${name}: &str = "(.+)";`).exec(read("src/options.rs"))?.[1];
  const ofCommandLine = (name: string) =>
    new RegExp(`const ${name} =\\s+"(.+)";`).exec(read("cli/settings.ts"))?.[1];
  for (const name of ["DEFAULT_TOKEN_URL", "DEFAULT_ENVIRONMENT"]) {
    assert.notEqual(ofCore(name), undefined, name);
    assert.equal(ofCommandLine(name), ofCore(name), name);
  }
});

test("the declared and documented defaults and bounds are those of the core", () => {
  const core = globSync("src/options{.rs,/*.rs}", { cwd: root }).map(read).join("\n");
  const rows = read("README.md").split("\n");
  /** The row of an option: what it is when it is left out, and its bounds. */
  const hasRow = (option: string, usual: string, range: string) =>
    rows.some(
      (row) => row.startsWith(`| \`${option}\` | ${usual}`) && row.endsWith(`| ${range} |`),
    );
  const declared = read("npm/types/index.d.ts").replaceAll(/\s+(?:\*(?!\/)\s*)?/g, " ");
  const number = (digits = "") => Number(digits.replaceAll(/[_,]/g, "")).toLocaleString("en");
  const bounds = [...core.matchAll(/const ([A-Z_]+): Bounds = Bounds \{(.+)\};/g)];
  assert.equal(bounds.length, 3);
  for (const [, name = "", of = ""] of bounds) {
    const [, min, max, usual] = /min: ([\d_]+), max: ([\d_]+), default: ([\d_]+)/.exec(of) ?? [];
    const option = name
      .toLowerCase()
      .replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
    const told = `Default ${number(usual)}; whole, ${number(min)} to ${number(max)}. */ ${option}?`;
    assert.ok(declared.includes(told), told);
    assert.ok(hasRow(option, number(usual), `${number(min)} to ${number(max)}`), `README: ${told}`);
  }
  const constant = (name: string) =>
    new RegExp(`const ${name}: \\w+ = ([\\d_.]+);`).exec(core)?.[1];
  const longest = `at most ${number(constant("MAX_TEXT"))} bytes`;
  assert.equal(declared.split(longest).length - 1, 4, "two keys, an environment, an authorization");
  const share = `Default ${constant("DEFAULT_REFRESH_AHEAD")}; 0 to ${constant("MAX_REFRESH_AHEAD")};`;
  assert.ok(declared.includes(share), share);
  const [usual = "", most = ""] = [
    constant("DEFAULT_REFRESH_AHEAD"),
    constant("MAX_REFRESH_AHEAD"),
  ];
  assert.ok(hasRow("refreshAhead", usual, `0 to ${most}`), "README: refreshAhead");
  assert.ok(!hasRow("refreshAhead", "0.3", `0 to ${most}`));
});

for (const [file, rights] of Object.entries({
  "ci.yml": [],
  "publish.yml": ["      id-token: write"],
})) {
  test(`${file} may do no more than it must, and its actions can't change under it`, () => {
    const workflow = read(`.github/workflows/${file}`);
    assert.match(workflow, /^permissions:\n {2}contents: read$/m);
    assert.deepEqual(workflow.match(/^.*: write$/gm) ?? [], rights);
    assert.match(workflow, /run: \.ci\/run$/m);
    const actions = workflow.match(/uses: .*/g) ?? [];
    assert.ok(actions.length > 0);
    for (const action of actions) {
      assert.match(action, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v[\d.]+$/);
    }
  });
}

/** Files of the repository that a document names in backticks. A `*` stands for any part of a name. */
const filesIn = (text: string) =>
  [
    ...text.matchAll(
      /`((?:npm|src|cli|worker|examples|tests|scripts|sandbox|bench|docs|www)\/[\w.*/-]+)`/g,
    ),
  ].map(([, path = ""]) => path);

test("no document carries an address of this machine or a file that is not there", () => {
  const folders = ["", "docs/", "worker/", "examples/*/"];
  const documents = globSync(
    folders.map((folder) => `${folder}*.md`),
    { cwd: root },
  );
  assert.ok(documents.length > 11);
  for (const file of documents) {
    const text = read(file);
    assert.doesNotMatch(text, /\/(home|root|tmp|work)\//, file);
    for (const [, target = ""] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      assert.ok(existsSync(join(root, dirname(file), target)), `${file}: ${target}`);
    }
    for (const path of filesIn(text)) {
      const isGenerated = path.startsWith("npm/generated/");
      const places = [root, join(root, dirname(file))];
      const isThere = places.some((cwd) => globSync(path, { cwd }).length > 0);
      assert.ok(isGenerated || isThere, `${file}: ${path}`);
    }
  }
  assert.deepEqual(filesIn("`npm/client/*.ts` and `src/lib.rs:1`, but npm/index.ts"), [
    "npm/client/*.ts",
  ]);
});

/** Calls of the core elsewhere than in `call` or `runExchange`, which catch a trap. */
function unguarded(source: string): string[] {
  const guard = /\b(call|runExchange)\((\{[^}]*\}, )?(\w+, )?\(\w*\) =>\s*(new )?core\.\w+\(/g;
  return source.replaceAll(guard, "").match(/\bcore\.\w+\(/g) ?? [];
}

test("the core is called where a trap is caught, and nowhere else", () => {
  const shell = globSync("npm/**/*.ts", { cwd: root, exclude: ["npm/generated/**"] });
  const callers = shell.filter((file) => /\bcore\.\w+\(/.test(read(file)));
  assert.ok(callers.length > 7);
  for (const file of shell) {
    assert.deepEqual(unguarded(read(file)), [], file);
    const isStart = file === join("npm", "core", "call.ts");
    const byName = /import \{[^}]*\} from "[./]*generated\/core\.js"/;
    assert.equal(byName.test(read(file)), isStart, `${file}: import * as core`);
  }
  assert.deepEqual(unguarded("call(() => core.one(1));"), []);
  assert.deepEqual(unguarded("call(() => core.one(1)); const { a } = core.two(2);"), ["core.two("]);
  assert.deepEqual(unguarded("later(() => new core.One(1));"), ["core.One("]);
});

/** Each module, with the modules that it imports or re-exports from, as values or as types. */
type ImportGraph = Readonly<Record<string, readonly string[]>>;

/** Reads the relative imports of each module. `./one.js` may be `one.ts` or `one.d.ts`. */
function graphOf(sources: Readonly<Record<string, string>>): ImportGraph {
  const statement = /^\s*(?:import|export)\b(?:[^;"'`]*?\bfrom)?\s*"(\.[^"]+)"/gm;
  const fileOf = (path: string) =>
    [path, path.replace(/\.js$/, ".ts"), path.replace(/\.js$/, ".d.ts")].find(
      (file) => file in sources,
    ) ?? path;
  return Object.fromEntries(
    Object.entries(sources).map(([file, source]) => [
      file,
      [...source.matchAll(statement)].map(([, path = ""]) =>
        fileOf(normalize(join(dirname(file), path))),
      ),
    ]),
  );
}

/** Returns the first circle that a depth-first search finds. */
function circleIn(graph: ImportGraph): string[] | undefined {
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) {
      return [...path.slice(path.indexOf(file)), file];
    }
    if (finished.has(file)) {
      return undefined;
    }
    for (const imported of graph[file] ?? []) {
      const circle = visit(imported, [...path, file]);
      if (circle !== undefined) {
        return circle;
      }
    }
    finished.add(file);
    return undefined;
  };
  for (const file of Object.keys(graph)) {
    const circle = visit(file, []);
    if (circle !== undefined) {
      return circle;
    }
  }
  return undefined;
}

test("no module imports itself through others", () => {
  const files = globSync("{worker/src,sandbox,scripts,npm,cli}/**/*.{ts,mjs}", {
    cwd: root,
    exclude: ["npm/generated/**", "**/node_modules/**"],
  });
  const graph = graphOf(Object.fromEntries(files.map((file) => [file, read(file)])));
  for (const folder of ["worker/src", "sandbox", "scripts", "npm", "cli"]) {
    const modules = Object.keys(graph).filter((file) => file.startsWith(folder));
    const imported = modules.flatMap((file) => graph[file] ?? []).filter((file) => file in graph);
    assert.ok(imported.length > 8, folder);
  }
  assert.equal(circleIn(graph)?.join(" > "), undefined);
});

test("a circle of imports is found, of values or of types", () => {
  const sources = {
    "a/one.ts": 'import { two } from "./two.ts";\nimport { join } from "node:path";',
    "a/two.ts": 'import {\n  type Three,\n  four,\n} from "../b/three.js";',
    "b/three.ts": 'export type { One } from "../a/one.ts";\nimport "./four.ts";',
    "b/four.ts": 'const text = "./three.ts";\nexport const four = text;',
  };
  const graph = graphOf(sources);
  assert.deepEqual(graph["b/three.ts"], ["a/one.ts", "b/four.ts"]);
  assert.deepEqual(circleIn(graph), ["a/one.ts", "a/two.ts", "b/three.ts", "a/one.ts"]);
  assert.equal(circleIn({ ...graph, "b/three.ts": ["b/four.ts"] }), undefined);
  assert.deepEqual(circleIn({ self: ["self"] }), ["self", "self"]);
});
