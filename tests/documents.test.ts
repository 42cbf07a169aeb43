// Every code block of every document is checked: TypeScript compiles against the packed package, commands exist, data
// parses. tests/readme.test.ts also runs README's examples.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { type ParseError, parse as parseJsonc } from "jsonc-parser";
import { parse as parseToml } from "smol-toml";
import { startSandbox } from "../sandbox/server.ts";
import { build } from "../scripts/build.ts";
import { run } from "../scripts/command.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/project.mjs";
import { blocksIn, type CodeBlock, codeBlocks, nameOf } from "./support/markdown.ts";
import { commandsIn } from "./support/shell-commands.ts";

const TYPESCRIPT = ["ts", "tsx", "js"];
const SHELL = ["sh", "console"];
const DATA = ["json", "jsonc", "toml"];

interface Exception {
  readonly file: string;
  /** A part of the block, by which it is found. */
  readonly has: string;
}

/** The blocks that no test can check, each with the reason. */
const UNCHECKED: readonly (Exception & { readonly why: string })[] = [];

/** What stands before a block that is a part of a file. */
const PRELUDES: readonly (Exception & { readonly prelude: string })[] = [
  {
    file: "worker/README.md",
    has: "const bySession: CallerCheck",
    prelude: `import type { CallerCheck } from "../../../../worker/src/caller.ts";
      declare function sessionOf(request: Request): Promise<{ id: string; mayPay: boolean } | null>;
      export { bySession };`,
  },
  // The types of Deno and of Bun contradict those of Node. tests/matrix/runtimes-guide.test.ts runs both programs.
  {
    file: "docs/runtimes.md",
    has: "Deno.serve(",
    prelude: `declare const Deno: {
        env: { get(name: string): string | undefined };
        serve(options: { hostname: string; port: number }, answer: () => Promise<Response>): void;
      };`,
  },
  {
    file: "docs/runtimes.md",
    has: "Bun.serve(",
    prelude: `declare const Bun: {
        env: Record<string, string | undefined>;
        serve(server: { hostname: string; port: number; fetch(): Promise<Response> }): void;
      };`,
  },
];

/** Blocks that other blocks of their document import. */
const SAVED: readonly (Exception & { readonly name: string })[] = [
  { file: "docs/opentelemetry.md", has: "export function telemetry(", name: "telemetry.ts" },
];

const all = codeBlocks();
const isAbout = (block: CodeBlock) => (exception: Exception) =>
  exception.file === block.file && block.code.includes(exception.has);
const checked = all.filter((block) => !UNCHECKED.some(isAbout(block)));
const blocksOf = (languages: readonly string[]) =>
  checked.filter(({ language }) => languages.includes(language));

let tarball: string;
before(async () => {
  tarball = await build();
});

test("each block names a language that a test can check, or why none can", () => {
  assert.ok(all.length > 20, String(all.length));
  const known = [...TYPESCRIPT, ...SHELL, ...DATA];
  const others = checked.filter(({ language }) => !known.includes(language));
  assert.deepEqual(others.map(nameOf), []);
  for (const exception of [...UNCHECKED, ...PRELUDES, ...SAVED]) {
    assert.equal(all.filter((block) => isAbout(block)(exception)).length, 1, exception.has);
  }
  const [plain, indented, nested] = blocksIn(
    "a.md",
    "```\na\n```\n\n    b\n\n- c\n\n  ```x\n  d\n  ```",
  );
  assert.deepEqual([plain?.language, indented?.language, nested?.language], ["", "", "x"]);
  assert.equal(nested?.code, "d\n");
});

/** Writes blocks of TypeScript into a project with the packed package, and compiles them. */
function compile(blocks: readonly CodeBlock[]): { ok: boolean; output: string } {
  const folder = makeConsumer(join(root, "target", "consumers", "documents"), tarball);
  blocks.forEach((block, index) => {
    const place = join(folder, block.file.replaceAll(/\W/g, "-"));
    const { name } = SAVED.find(isAbout(block)) ?? {};
    const { prelude = "" } = PRELUDES.find(isAbout(block)) ?? {};
    const extension = block.language === "tsx" ? "tsx" : "ts";
    mkdirSync(place, { recursive: true });
    writeFileSync(join(place, name ?? `block-${index}.${extension}`), `${prelude}${block.code}`);
  });
  const config = {
    extends: "../../../tsconfig.json",
    include: ["*/*.ts", "*/*.tsx", "../../../worker/bindings.d.ts"],
    exclude: ["node_modules"],
    compilerOptions: {
      jsx: "preserve",
      moduleDetection: "force",
      noPropertyAccessFromIndexSignature: false, // a rule of this repository only
      paths: {},
    },
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(config));
  return run("tsc", ["-p", folder]);
}

test("each block of TypeScript or JavaScript compiles against the packed types", () => {
  const blocks = blocksOf(TYPESCRIPT);
  assert.ok(blocks.length > 10);
  const { ok, output } = compile(blocks);
  assert.ok(ok, output);
  const code = 'import { createClient } from "pay4power-auth";\ncreateClient({});';
  assert.match(compile([{ file: "a.md", language: "ts", code }]).output, /TS2345/);
});

test("each command of a shell block exists, with its options and files", async () => {
  // It imports the package, which is built now.
  const { checkCommand } = await import("./support/known-commands.ts");
  const blocks = blocksOf(SHELL);
  assert.ok(blocks.length > 8);
  for (const block of blocks) {
    for (const words of commandsIn(block.code)) {
      await checkCommand(block.file, words).catch((error: Error) => {
        assert.fail(`${block.file}: ${words.join(" ")}: ${error.message}`);
      });
    }
  }
  for (const line of [
    "npm run nothing",
    "npm run sandbox -- --speed 3",
    "npm run nothing --prefix ..",
    "npm start -- --twice",
    "npm install pay4power-auth@^9.9.9",
    "npm adduser",
    "npx pay4power-auth chekc",
    "npx pay4power-auth check --speed",
    "npx pay4power-auth check one two",
    "npx wrangler vanish",
    "npm run deploy -- --vanish",
    'curl -H "$(npx pay4power-auth nothing)" "$ADDRESS"',
    "cargo run --release --example nothing",
    "cargo run --release --example scale -- --speed",
    "cp nothing.txt b",
    "node nothing.mjs",
    "ls && unknown-program",
    "./unbuilt",
    "export unset",
    "deno run --allow-all server.ts",
    "bun install --vanish",
  ]) {
    const attempt = async () => {
      for (const words of commandsIn(line)) {
        await checkCommand("worker/README.md", words);
      }
    };
    await assert.rejects(attempt, line);
  }
});

test("words, pipes, variables and comments of a command are told apart", () => {
  assert.deepEqual(commandsIn('$ A=1 npm run x -- "$B c" # d\n\nnpm ci \\\n  --prefix e > f'), [
    ["npm", "run", "x", "--", "$B c"],
    ["npm", "ci", "--prefix", "e"],
  ]);
  assert.deepEqual(commandsIn('curl -H "$(npx a | cat)" b | jq .'), [
    ["curl", "-H", "$(npx a | cat)", "b"],
    ["jq", "."],
    ["npx", "a"],
    ["cat"],
  ]);
  assert.throws(() => commandsIn("cat <<END"), /does not know the operator/);
});

test("the sandbox takes each change that a document sends to its control", async () => {
  const sandbox = await startSandbox({ control: true });
  try {
    const commands = blocksOf(SHELL).flatMap(({ code }) => commandsIn(code));
    const control = commands.filter((words) => /:4010\/control/.test(words.join(" ")));
    assert.ok(control.length > 2);
    for (const words of control) {
      const address = words.find((word) => word.startsWith("http")) ?? "";
      const url = new URL(new URL(address).pathname, sandbox.baseUrl);
      const at = words.indexOf("-d");
      const body = at === -1 ? undefined : words[at + 1];
      const answer = await fetch(url, body === undefined ? {} : { method: "POST", body });
      assert.ok(answer.ok, `${words.join(" ")}: ${answer.status} ${await answer.text()}`);
    }
  } finally {
    await sandbox.close();
  }
});

test("each block of JSON, JSON with comments, or TOML parses", () => {
  const problem = ({ language, code }: CodeBlock): string | undefined => {
    if (language === "jsonc") {
      const errors: ParseError[] = [];
      parseJsonc(code, errors, { allowTrailingComma: true });
      return errors.length > 0 ? "is not JSON with comments" : undefined;
    }
    try {
      void (language === "toml" ? parseToml(code) : JSON.parse(code));
      return undefined;
    } catch (error) {
      return String(error);
    }
  };
  for (const block of blocksOf(DATA)) {
    assert.equal(problem(block), undefined, nameOf(block));
  }
  for (const [language, good, bad] of [
    ["json", '{"a": 1}', '{"a": 1} // b'],
    ["jsonc", '{"a": 1} // b', '{"a": }'],
    ["toml", "a = 1", "a = "],
  ] as const) {
    assert.equal(problem({ file: "", language, code: good }), undefined, language);
    assert.notEqual(problem({ file: "", language, code: bad }), undefined, language);
  }
});
