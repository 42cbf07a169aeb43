// npm run bench:cold [-- ROUNDS [TARBALL]]: measures the time that the package adds to a program's start. Each round
// starts a fresh process of the baseline and one of the candidate, in changing order, so that other load affects both
// alike. The candidate has this package. The baseline has none, or the version in TARBALL.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root, say } from "../scripts/project.mjs";
import { firstResponseMs, workerd, writeWorkerConfig } from "./workerd-process.ts";

const [roundsText = "40", otherTarball] = process.argv.slice(2);
const rounds = Number(roundsText);
if (!Number.isInteger(rounds) || rounds < 1) {
  say(`expected a number of rounds, found ${roundsText}; --help says more`);
  process.exit(2);
}
const folder = makeConsumer(join(root, "target", "consumers", "cold"), await build());
const otherFolder =
  otherTarball && makeConsumer(join(root, "target", "consumers", "cold-other"), otherTarball);
/** The folder of each program. */
const folders = { baseline: otherFolder ?? folder, candidate: folder };

type Program = keyof typeof folders;
/** The times of one round, in milliseconds. */
type Pair = Readonly<Record<Program, number>>;

/** Starts both programs in turn, and prints the time that the candidate adds to the baseline. */
async function compare(
  name: string,
  limitMs: number,
  start: (program: Program) => Promise<number>,
): Promise<void> {
  const pairs: Pair[] = [];
  await start("baseline");
  await start("candidate"); // the first starts fill the disk's caches
  for (let round = 0; round < rounds; round++) {
    const order: readonly Program[] =
      round % 2 === 0 ? ["baseline", "candidate"] : ["candidate", "baseline"];
    const pair = { baseline: 0, candidate: 0 };
    for (const program of order) {
      pair[program] = await start(program);
    }
    pairs.push(pair);
  }
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const added = quartiles(pairs.map((pair) => pair.candidate - pair.baseline));
  const ratio = quartiles(pairs.map((pair) => pair.candidate / pair.baseline));
  const [, baseline] = quartiles(pairs.map((pair) => pair.baseline));
  const [, candidate] = quartiles(pairs.map((pair) => pair.candidate));
  console.log(
    `${name}: baseline ${ms(baseline)}, candidate ${ms(candidate)}; added ${ms(added[1])} (quartiles ${ms(added[0])} to ${ms(added[2])}), ratio ${ratio[1].toFixed(2)} (${ratio[0].toFixed(2)} to ${ratio[2].toFixed(2)}); ${rounds} pairs`,
  );
  if (added[1] > limitMs) {
    console.log(`  the package may add at most ${limitMs} ms`);
    process.exitCode = 1;
  }
}

function quartiles(values: number[]): [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return [at(0.25), at(0.5), at(0.75)];
}

// Node: the time of an import, of an empty package and of this one.
const empty = join(folder, "node_modules", "empty");
mkdirSync(empty);
writeFileSync(join(empty, "package.json"), '{ "type": "module", "exports": "./index.js" }');
writeFileSync(join(empty, "index.js"), "");
const imported = {
  baseline: otherFolder ? "pay4power-auth" : "empty",
  candidate: "pay4power-auth",
};
for (const [program, name] of Object.entries(imported)) {
  writeFileSync(
    join(folders[program as Program], `import-${program}.mjs`),
    `const begun = performance.now(); await import("${name}"); console.log(performance.now() - begun);`,
  );
}
const nodes = ["20", "22", "26"].map((version) =>
  join(root, "tests", "matrix", "node_modules", `node-${version}`, "bin", "node"),
);
for (const node of [process.execPath, ...nodes.filter(existsSync)]) {
  const { stdout: version } = spawnSync(node, ["--version"], { encoding: "utf8" });
  await compare(`import on Node ${version.trim()}`, 20, async (program) => {
    const file = `import-${program}.mjs`;
    const { status, stdout, stderr } = spawnSync(node, [file], {
      cwd: folders[program],
      encoding: "utf8",
    });
    if (status !== 0 || !(Number(stdout) > 0)) {
      throw new Error(`${file} failed on Node: ${stdout}${stderr}`);
    }
    return Number(stdout);
  });
}

// workerd: from the start of its process to the end of the first response.
const answer = `export default { fetch() { USE return new Response("ok"); } };`;
const use = `createClient({ publicKey: "PUB_KEY_sandbox", privateKey: "PRIV_KEY_sandbox" });`;
const withPackage = `import { createClient } from "pay4power-auth"; ${answer.replace("USE", use)}`;
const sources = {
  baseline: otherFolder ? withPackage : answer.replace("USE", ""),
  candidate: withPackage,
};
const workerFolder = (program: Program) => join(folders[program], `worker-${program}`);
for (const [name, source] of Object.entries(sources)) {
  const program = name as Program;
  writeFileSync(join(folders[program], `${program}.js`), source);
  await esbuild.build({
    entryPoints: [join(folders[program], `${program}.js`)],
    outfile: join(workerFolder(program), "worker.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["*.wasm"],
  });
  const wasm = join(folders[program], "node_modules", "pay4power-auth", "dist", "core.wasm");
  writeWorkerConfig({
    folder: workerFolder(program),
    wasm: source === withPackage ? wasm : undefined,
  });
}
await compare(`first response of workerd ${workerd.version}`, 15, (program) =>
  firstResponseMs(workerFolder(program)),
);
