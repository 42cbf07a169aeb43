// Checks a command of a document: its program, its script, its options and its files exist.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parse } from "smol-toml";
import { createProgram } from "../../cli/program.ts";
import { manifest } from "../../scripts/build/paths.ts";
import { HELP } from "../../scripts/help.mjs";
import { root } from "../../scripts/project.mjs";

/** Other people's programs. Their subcommands and options are those that the documents use and that were tried. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  bun: ["add", "run", "build --compile", "--compile", "--outfile"],
  cat: [],
  curl: ["-d", "-H", "-X", "--silent", "--show-error"],
  rustup: ["--profile"],
  "cargo install": ["--version", "--root"],
  deno: ["add", "run", "--no-prompt", "--allow-net", "--allow-env"],
  jq: [],
  npm: ["ci", "install", "pkg", "uninstall", "--prefix"],
  // Its packages are those of worker/ and of tests/matrix, so its own help is not at hand.
  wrangler: ["login", "secret put", "secret bulk", "tail", "deploy", "dev", "--dry-run", "--port"],
};

interface Scripts {
  readonly [name: string]: string;
}

/** Throws a text that says what is wrong with a command of `document`. */
export async function checkCommand(document: string, words: readonly string[]): Promise<void> {
  const [program = "", ...args] = words;
  const checks: Readonly<Record<string, () => unknown>> = {
    npm: () => checkNpm(document, args),
    npx: () => checkNpx(args),
    cargo: () => checkCargo(args),
    cp: () => mustExist(document, args.find((word) => !word.startsWith("-")) ?? ""),
    cd: () => mustExist(document, args[0] ?? ""),
    export: () => mustBeVariables(args),
    node: () => mustExist(document, args.find((word) => !word.startsWith("-")) ?? ""),
  };
  const isOfReader = program.startsWith("your-") || isBuilt(document, program);
  await (checks[program] ?? (() => isOfReader || checkOther(program, args)))();
}

function checkNpm(document: string, args: readonly string[]): void {
  const [command = "", ...rest] = args;
  const name = command === "run" ? rest[0] : ["start", "test"].includes(command) && command;
  if (!name) {
    checkOther("npm", args);
    checkVersions(args);
    return;
  }
  const [own, forScript] = splitAt(args, "--");
  checkOther(
    "npm",
    own.filter((word) => word.startsWith("-")),
  );
  const prefix = own[own.indexOf("--prefix") + 1];
  const folder = own.includes("--prefix") ? join(dirname(document), prefix ?? "") : undefined;
  const script = scriptNamed(name, folder === undefined ? [dirname(document), "."] : [folder]);
  const [, helpOf = ""] = /set-up-and-run\.mjs (\S+)/.exec(script) ?? [];
  const help: string = (HELP as Scripts)[helpOf] ?? "";
  const isWrangler = /wrangler/.test(help + script) || script.includes("dev.mjs");
  for (const option of forScript.filter((word) => word.startsWith("-"))) {
    const isKnown = isWrangler
      ? OTHERS["wrangler"]?.includes(option)
      : new RegExp(`(^|\\s)${option}\\b`).test(help);
    if (!isKnown) {
      throw new Error(`npm run ${name} has no option ${option}`);
    }
  }
}

/** Returns the script of the first folder that has it. */
function scriptNamed(name: string, folders: readonly string[]): string {
  for (const folder of folders) {
    const file = join(root, folder, "package.json");
    const { scripts = {} } = existsSync(file)
      ? (JSON.parse(readFileSync(file, "utf8")) as { scripts?: Scripts })
      : {};
    const script = scripts[name];
    if (script !== undefined) {
      return script;
    }
  }
  throw new Error(`no package.json has a script ${name}`);
}

/** This package's version in an `npm install`. */
function checkVersions(args: readonly string[]): void {
  for (const word of args) {
    const [, version] = /^pay4power-auth@\^?(.+)$/.exec(word) ?? [];
    if (version !== undefined && version !== manifest.version) {
      throw new Error(`the version is ${manifest.version}, not ${version}`);
    }
  }
}

async function checkNpx(args: readonly string[]): Promise<void> {
  const [program = "", ...rest] = args;
  if (program !== "pay4power-auth") {
    checkOther(program, rest);
    return;
  }
  const commandLine = createProgram();
  for (const command of commandLine.commands) {
    command.action(() => {});
    command.exitOverride();
  }
  await commandLine.parseAsync(rest, { from: "user" });
}

function checkCargo(args: readonly string[]): void {
  if (args[0] === "install") {
    checkOther("cargo install", args.slice(1));
    return;
  }
  const [own, forProgram] = splitAt(args, "--");
  const name = own[own.indexOf("--example") + 1];
  const { example } = parse(readFileSync(join(root, "Cargo.toml"), "utf8")) as unknown as {
    example: readonly { name: string; path: string }[];
  };
  const program = example.find((one) => one.name === name);
  if (
    own[0] === "test" &&
    existsSync(join(root, own[own.indexOf("--manifest-path") + 1] ?? "none"))
  ) {
    return;
  }
  if (own[0] !== "run" || !own.includes("--example") || program === undefined) {
    throw new Error(`this test does not know it: cargo ${args.join(" ")}`);
  }
  const source = readFileSync(join(root, program.path), "utf8");
  for (const option of forProgram.filter((word) => word.startsWith("--"))) {
    if (!source.includes(option)) {
      throw new Error(`${program.path} has no option ${option}`);
    }
  }
}

function checkOther(program: string, args: readonly string[]): void {
  const known = OTHERS[program];
  if (known === undefined) {
    throw new Error(`this test does not know the program ${program}`);
  }
  for (const option of args.filter((word) => word.startsWith("-") && word !== "-")) {
    if (!known.includes(option.split("=")[0] ?? "")) {
      throw new Error(`this test does not know the option ${option} of ${program}`);
    }
  }
  const subcommands = known.filter((word) => !word.startsWith("-"));
  const words = args.filter((word) => !word.startsWith("-"));
  const isSubcommand = (one: string) => `${args.join(" ")} `.startsWith(`${one} `);
  if (words.length > 0 && subcommands.length > 0 && !subcommands.some(isSubcommand)) {
    throw new Error(`this test does not know it: ${program} ${words.join(" ")}`);
  }
}

/** Returns true for `./NAME` if another command of the document writes NAME. */
function isBuilt(document: string, program: string): boolean {
  const [, name] = /^\.\/([\w-]+)$/.exec(program) ?? [];
  return (
    name !== undefined && readFileSync(join(root, document), "utf8").includes(`--outfile ${name}\n`)
  );
}

function mustBeVariables(words: readonly string[]): void {
  const other = words.find((word) => !/^[A-Z_][A-Z_\d]*=/.test(word));
  if (words.length === 0 || other !== undefined) {
    throw new Error(`export needs NAME=value, found ${other}`);
  }
}

function mustExist(document: string, path: string): void {
  if (!existsSync(join(root, dirname(document), path)) && !existsSync(join(root, path))) {
    throw new Error(`there is no ${path}`);
  }
}

function splitAt(words: readonly string[], mark: string): [readonly string[], readonly string[]] {
  const at = words.indexOf(mark);
  return at === -1 ? [words, []] : [words.slice(0, at), words.slice(at + 1)];
}
