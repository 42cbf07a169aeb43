// npm run bench:cold [-- ROUNDS [TARBALL]]: what the package adds to the start of a program. Each round
// starts one fresh process without it and one with it, in changing order: other load falls on both alike.
// TARBALL is another version of the package, to compare with that version instead of with no package.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as esbuild from "esbuild";
import { build } from "../scripts/build.ts";
import { makeConsumer } from "../scripts/consumer.ts";
import { root } from "../scripts/setup.mjs";
import { configure, firstResponseMs, workerd } from "./workerd.ts";

const rounds = Number(process.argv[2] ?? 40);
if (!Number.isInteger(rounds) || rounds < 1) {
  throw new RangeError(`expected a number of rounds, found ${process.argv[2]}`);
}
const folder = makeConsumer(join(root, "target", "consumers", "cold"), await build());
const [, , , other] = process.argv;
const otherFolder = other && makeConsumer(join(root, "target", "consumers", "cold-other"), other);
/** Where each program is. */
const folders = { without: otherFolder ?? folder, with: folder };

interface Pair {
  readonly without: number;
  readonly with: number;
}

/** Runs both in turn, and says what the one adds to the other. */
async function compare(
  name: string,
  limitMs: number,
  start: (kind: keyof Pair) => Promise<number>,
): Promise<void> {
  const pairs: Pair[] = [];
  await start("without");
  await start("with"); // the first ones fill the disk's caches
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (["without", "with"] as const) : (["with", "without"] as const);
    const pair = { without: 0, with: 0 };
    for (const kind of order) {
      pair[kind] = await start(kind);
    }
    pairs.push(pair);
  }
  const ms = (value: number) => `${value.toFixed(1)} ms`;
  const added = quartiles(pairs.map((pair) => pair.with - pair.without));
  const ratio = quartiles(pairs.map((pair) => pair.with / pair.without));
  const [, without] = quartiles(pairs.map((pair) => pair.without));
  const [, withIt] = quartiles(pairs.map((pair) => pair.with));
  console.log(
    `${name}: ${ms(without)} without, ${ms(withIt)} with; added ${ms(added[1])} (quartiles ${ms(added[0])} to ${ms(added[2])}), ratio ${ratio[1].toFixed(2)} (${ratio[0].toFixed(2)} to ${ratio[2].toFixed(2)}); ${rounds} pairs`,
  );
  if (added[1] > limitMs) {
    console.log(`  that is more than the ${limitMs} ms that it may add`);
    process.exitCode = 1;
  }
}

function quartiles(values: number[]): [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return [at(0.25), at(0.5), at(0.75)];
}

// Node: how long an import takes, of a package that is empty and of this one.
const empty = join(folder, "node_modules", "empty");
mkdirSync(empty);
writeFileSync(join(empty, "package.json"), '{ "type": "module", "exports": "./index.js" }');
writeFileSync(join(empty, "index.js"), "");
const imported = { without: other ? "pay4power-auth" : "empty", with: "pay4power-auth" };
for (const [kind, what] of Object.entries(imported)) {
  writeFileSync(
    join(folders[kind as keyof Pair], `import-${kind}.mjs`),
    `const begun = performance.now(); await import("${what}"); console.log(performance.now() - begun);`,
  );
}
const nodes = ["20", "22", "26"].map((version) =>
  join(root, "tests", "matrix", "node_modules", `node-${version}`, "bin", "node"),
);
for (const node of [process.execPath, ...nodes.filter(existsSync)]) {
  const { stdout: version } = spawnSync(node, ["--version"], { encoding: "utf8" });
  await compare(`import on Node ${version.trim()}`, 20, async (kind) => {
    const file = `import-${kind}.mjs`;
    const { status, stdout, stderr } = spawnSync(node, [file], {
      cwd: folders[kind],
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
const use = `createClient({ publicKey: "PUB_KEY_1", privateKey: "PRIV_KEY_1" });`;
const withPackage = `import { createClient } from "pay4power-auth"; ${answer.replace("USE", use)}`;
const sources = { without: other ? withPackage : answer.replace("USE", ""), with: withPackage };
const workerFolder = (kind: keyof Pair) => join(folders[kind], `worker-${kind}`);
for (const [name, source] of Object.entries(sources)) {
  const kind = name as keyof Pair;
  writeFileSync(join(folders[kind], `${kind}.js`), source);
  await esbuild.build({
    entryPoints: [join(folders[kind], `${kind}.js`)],
    outfile: join(workerFolder(kind), "worker.js"),
    bundle: true,
    format: "esm",
    conditions: ["workerd"],
    external: ["*.wasm"],
  });
  const wasm = join(folders[kind], "node_modules", "pay4power-auth", "dist", "core.wasm");
  configure({ folder: workerFolder(kind), wasm: source === withPackage ? wasm : undefined });
}
await compare(`first response of workerd ${workerd.version}`, 15, (kind) =>
  firstResponseMs(workerFolder(kind)),
);
