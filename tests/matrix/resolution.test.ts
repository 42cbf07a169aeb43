// Every entry is found, and works: by Vite's development server, by bundlers that know the condition `module`,
// and by resolvers that know no `exports`.
import assert from "node:assert/strict";
import {
  copyFileSync,
  cpSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { build } from "../../scripts/build.ts";
import { run, runOrThrow } from "../../scripts/command.ts";
import { root } from "../../scripts/project.mjs";
import { commandOf, consumer, ENV, fileOf, must, named } from "./tools.ts";

let tarball: string;
before(async () => {
  tarball = await build();
});

const ENTRIES = ["", "/slim", "/stores", "/cloudflare"].map((path) => `pay4power-auth${path}`);

const installedIn = (folder: string) => join(folder, "node_modules", "pay4power-auth");

/** A test that a tool must be installed for. */
function testOn(tool: { name: string; missing?: string }, how: string, body: () => unknown): void {
  const name = `${tool.name}, ${how}`;
  if (tool.missing === undefined) {
    test(name, async () => {
      await body();
    });
    return;
  }
  test(`${name}: NOT RUN, ${tool.missing} is missing`, (t) => {
    assert.ok(!process.env["CI"], "CI must have every tool");
    t.skip();
  });
}

/** What only the Wasm says of a token. */
const ASK_CORE = `let seen;
try { decodeClaims("none"); } catch (error) { seen = error.code; }
export { seen };`;
const PROGRAMS: Record<string, { readonly source: string; readonly seen: string }> = {
  "main.js": {
    source: `import { decodeClaims } from "pay4power-auth"; ${ASK_CORE}`,
    seen: "P4P_BAD_TOKEN",
  },
  "slim.js": {
    source: `import { readFileSync } from "node:fs";
import { decodeClaims, install } from "pay4power-auth/slim";
install(new WebAssembly.Module(readFileSync("core.wasm"))); ${ASK_CORE}`,
    seen: "P4P_BAD_TOKEN",
  },
  "stores.js": {
    source: `import { memoryStore } from "pay4power-auth/stores";
export const seen = typeof memoryStore().get;`,
    seen: "function",
  },
  "cloudflare.js": {
    source: `import { kvStore } from "pay4power-auth/cloudflare";
export const seen = typeof kvStore({ get() {}, put() {}, delete() {} }).get;`,
    seen: "function",
  },
};
/** A bundle has one copy of the package, however its modules ask for it. */
const BOTH = {
  source: `import { Token } from "pay4power-auth"; import { required } from "./required.cjs";
export const seen = Token === required ? "one" : "two";`,
  seen: "one",
};

/** Writes programs, and the Wasm that one of them reads. Says what each is to show. */
function write(folder: string, programs: typeof PROGRAMS): Record<string, string> {
  copyFileSync(join(installedIn(folder), "dist", "core.wasm"), join(folder, "core.wasm"));
  for (const [name, { source }] of Object.entries(programs)) {
    writeFileSync(join(folder, name), source);
  }
  return Object.fromEntries(Object.entries(programs).map(([name, { seen }]) => [name, seen]));
}

describe("Vite's development server renders on the server", () => {
  function check(folder: string, settings: object): void {
    const wanted = Object.entries(write(folder, PROGRAMS)).flatMap(([name, seen]) =>
      ["ssrLoadModule", "runner"].map((way) => [`/${name}, ${way}`, seen]),
    );
    const modules = Object.keys(PROGRAMS).map((name) => `/${name}`);
    const source = readFileSync(join(import.meta.dirname, "vite-process.ts"), "utf8");
    const { code } = esbuild.transformSync(source, { loader: "ts" });
    writeFileSync(join(folder, "vite.mjs"), code);
    const args = ["vite.mjs", "vite", folder, JSON.stringify({ modules, settings })];
    // As on a developer's machine, whatever is set where the tests run.
    const env = { ...ENV, NODE_ENV: "development" };
    const output = runOrThrow("node", args, { cwd: folder, env });
    assert.deepEqual(JSON.parse(output), Object.fromEntries(wanted));
  }

  testOn(named("vite"), "noExternal", () => {
    check(consumer("vite-ssr", tarball), { ssr: { noExternal: true } });
  });
  testOn(named("vite"), "linked", () => {
    const folder = consumer("vite-ssr-linked", tarball);
    renameSync(installedIn(folder), join(folder, "linked"));
    symlinkSync(join("..", "linked"), installedIn(folder));
    check(folder, {});
  });
});

describe("bundlers for Node take one file for import and require", () => {
  function project(name: string): { folder: string; wanted: Record<string, string> } {
    const folder = consumer(name, tarball);
    const wanted = write(folder, { ...PROGRAMS, "both.js": BOTH });
    writeFileSync(
      join(folder, "required.cjs"),
      `exports.required = require("pay4power-auth").Token;`,
    );
    return { folder, wanted };
  }

  /** Runs what was built, with the package out of reach. */
  function check(folder: string, built: string, wanted: Record<string, string>): void {
    renameSync(join(folder, "node_modules"), join(folder, "gone"));
    const source = `const seen = {};
for (const name of ${JSON.stringify(Object.keys(wanted))}) {
  const module = await import("./${built}/" + name);
  seen[name] = module.seen ?? module.default.seen;
}
console.log(JSON.stringify(seen));`;
    writeFileSync(join(folder, "run.mjs"), source);
    assert.deepEqual(JSON.parse(runOrThrow("node", ["run.mjs"], { cwd: folder })), wanted);
  }

  for (const format of ["esm", "cjs"] as const) {
    for (const conditions of [undefined, ["module", "development"]]) {
      const how = `${format}, conditions ${conditions?.join(" and ") ?? "by default"}`;
      testOn({ name: `esbuild ${esbuild.version}` }, how, async () => {
        const { folder, wanted } = project(`esbuild ${how}`);
        writeFileSync(join(folder, "package.json"), "{}");
        await esbuild.build({
          entryPoints: Object.keys(wanted).map((name) => join(folder, name)),
          outdir: join(folder, "built"),
          bundle: true,
          platform: "node",
          format,
          ...(conditions && { conditions }),
        });
        const type = format === "esm" ? "module" : "commonjs";
        writeFileSync(join(folder, "built", "package.json"), JSON.stringify({ type }));
        check(folder, "built", wanted);
      });
    }
  }

  for (const mode of ["development", "production"]) {
    testOn(named("webpack"), mode, () => {
      const { folder, wanted } = project(`webpack ${mode}`);
      const entry = Object.fromEntries(Object.keys(wanted).map((name) => [name, `./${name}`]));
      const settings = { mode, target: "node", entry, experiments: { outputModule: true } };
      const output = {
        path: join(folder, "built"),
        filename: "[name]",
        library: { type: "module" },
      };
      const config = JSON.stringify({ ...settings, output });
      writeFileSync(join(folder, "webpack.config.mjs"), `export default ${config};`);
      must(folder, "webpack");
      check(folder, "built", wanted);
    });
  }

  testOn(named("vite"), "build --ssr", () => {
    const { folder, wanted } = project("vite-ssr-build");
    const input = Object.keys(wanted);
    const config = { build: { ssr: true, rollupOptions: { input } }, ssr: { noExternal: true } };
    writeFileSync(join(folder, "vite.config.mjs"), `export default ${JSON.stringify(config)};`);
    must(folder, "vite", "build");
    check(folder, "dist", wanted);
  });
});

describe("Node takes the same file under conditions that are not its own", () => {
  const resolved = (folder: string, ...flags: readonly string[]) => {
    const source = `${JSON.stringify(ENTRIES)}.map((name) => import.meta.resolve(name)).join("\\n")`;
    const args = [...flags, "--input-type=module", "-e", `console.log(${source})`];
    return runOrThrow("node", args, { cwd: folder }).trim().split("\n");
  };

  test("development", () => {
    const folder = consumer("conditions", tarball);
    assert.deepEqual(resolved(folder, "--conditions=development"), resolved(folder));
  });

  test("a tool that copies what it finds by `module` and `production` copies what Node loads", async () => {
    // Nitro 2 does so for a server of Node: it looks by Rollup's conditions, and leaves the import as it is.
    const folder = consumer("nitro", tarball);
    const found = ENTRIES.map(async (name) => {
      const { metafile } = await esbuild.build({
        stdin: { contents: `import "${name}";`, resolveDir: folder },
        bundle: true,
        write: false,
        metafile: true,
        packages: "bundle",
        platform: "neutral",
        conditions: ["module", "node", "production"],
        external: ["node:*"],
        ignoreAnnotations: true,
        absWorkingDir: folder,
      });
      const [path = ""] = metafile.inputs["<stdin>"]?.imports.map((each) => each.path) ?? [];
      return pathToFileURL(join(folder, path)).href;
    });
    assert.deepEqual(await Promise.all(found), resolved(folder));
  });
});

describe("resolvers that know no `exports`", () => {
  test("find in each entry's folder the file that Node would require", () => {
    const folder = consumer("stubs", tarball);
    const require = createRequire(join(folder, "any.cjs"));
    for (const name of [...ENTRIES, "pay4power-auth/core.wasm"]) {
      const there = join(folder, "node_modules", name);
      const { main } = JSON.parse(readFileSync(join(there, "package.json"), "utf8"));
      assert.equal(join(there, main), require.resolve(name), name);
    }
  });

  testOn(named("typescript-5"), "node10", () => {
    const folder = consumer("typescript-node10", tarball);
    cpSync(join(root, "tests", "types", "consumer"), folder, { recursive: true });
    const compilerOptions = {
      target: "es2022",
      lib: ["es2022", "dom"],
      module: "commonjs",
      moduleResolution: "node10",
      types: [],
      strict: true,
      exactOptionalPropertyTypes: true,
      noEmit: true,
    };
    const files = ["plain.ts", "core.ts", "cloudflare.ts", "platform.ts"];
    writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true }));
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    runOrThrow("node", [fileOf("typescript-5", "lib", "tsc.js"), "-p", "."], { cwd: folder });
  });

  testOn(named("eslint-plugin-import"), "its own resolver", () => {
    const folder = consumer("eslint", tarball);
    writeFileSync(
      join(folder, "eslint.config.mjs"),
      `import plugin from "eslint-plugin-import";
export default [{
  plugins: { import: plugin },
  rules: { "import/no-unresolved": "error", "import/named": "error" },
}];`,
    );
    // One name of each entry is there, and another is not.
    const names = ["decodeClaims", "install", "memoryStore", "kvStore"];
    const imports = ENTRIES.map((name, i) => `import { ${names[i]}, none${i} } from "${name}";`);
    const lines = [...imports, `import core from "pay4power-auth/core.wasm";`];
    writeFileSync(join(folder, "app.js"), lines.join("\n"));
    const { output } = run(commandOf("eslint"), ["--format=json", "app.js"], { cwd: folder });
    const [{ messages }] = JSON.parse(output) as [{ messages: { message: string }[] }];
    assert.deepEqual(
      messages.map(({ message }) => message),
      ENTRIES.map((name, i) => `none${i} not found in '${name}'`),
    );
  });
});
