// npm run size: prints the size of each entry, and of each crate and function in the Wasm. Fails above the gate.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { buildPaths } from "./build/paths.ts";
import { buildNamedWasm } from "./build/wasm.ts";
import { build } from "./build.ts";
import { root } from "./project.mjs";
import { crateOf, functionSizes } from "./wasm-functions.ts";

/** The size of one file or of several, in bytes. */
export interface Size {
  readonly raw: number;
  readonly gzip: number;
  readonly brotli: number;
}

/** Returns the size of the package in a Worker's bundle. */
export const sizes = (): Size => sum(Object.values(entrySizes("workerd")));

/** Returns the size of the code that an entry loads: Wasm and JavaScript. */
function entrySizes(entry: string): { readonly wasm: Size; readonly js: Size } {
  const { outputFiles } = esbuild.buildSync({
    entryPoints: [join(root, "dist", `${entry}.js`)],
    bundle: true,
    minifyWhitespace: true,
    format: "esm",
    external: ["*.wasm", "*.wasm?module"],
    write: false,
    logLevel: "error",
  });
  const js = sum(outputFiles.map((file) => weigh(file.contents)));
  // Inline entries have the Wasm in their JavaScript. For the slim entry the caller provides it.
  const hasWasmFile =
    entry === "slim" || outputFiles.some(({ text }) => /"\.\/core\.wasm(\?module)?"/.test(text));
  const wasm = hasWasmFile ? weigh(readFileSync(join(root, "dist", "core.wasm"))) : sum([]);
  return { wasm, js };
}

/** Returns the size of a file, as it is and compressed. */
function weigh(file: Uint8Array): Size {
  const gzip = gzipSync(file, { level: 9 }).length;
  return { raw: file.length, gzip, brotli: brotliCompressSync(file).length };
}

function sum(sizes: readonly Size[]): Size {
  const total = (of: keyof Size) => sizes.reduce((sum, size) => sum + size[of], 0);
  return { raw: total("raw"), gzip: total("gzip"), brotli: total("brotli") };
}

/** Returns lines with numbers in columns and then the name. */
function table(rows: readonly (readonly [string, ...number[]])[]): string {
  return rows
    .map(([name, ...sizes]) => `${sizes.map((size) => String(size).padStart(9)).join("")}  ${name}`)
    .join("\n");
}

/** The most bytes with brotli that the package may take in a Worker. */
export const GATE = 80_000;
/** The bytes with brotli that the project aims at. */
const AIM = 70_000;

/** Compares the size of the package in a Worker with the gate. */
export function judge(brotli: number): { isWithinGate: boolean; message: string } {
  const isWithinGate = brotli <= GATE;
  const end = isWithinGate ? "." : `, so this is ${brotli - GATE} too much.`;
  return {
    isWithinGate,
    message: `In a Worker: ${brotli} bytes with brotli; the gate is ${GATE}, the aim ${AIM}${end}`,
  };
}

if (import.meta.main) {
  await build();
  printEntries();
  await printFunctions();
  const { isWithinGate, message } = judge(sizes().brotli);
  console.log(`\n${message}`);
  process.exitCode = isWithinGate ? 0 : 1;
}

function printEntries(): void {
  console.log("Bytes:\n      raw     gzip   brotli");
  const row = (name: string, { raw, gzip, brotli }: Size) => [name, raw, gzip, brotli] as const;
  const files = globSync("*.ts", { cwd: join(root, "npm", "entries"), exclude: ["*.d.ts"] });
  for (const file of files.sort()) {
    const entry = file.replace(".ts", "");
    const { wasm, js } = entrySizes(entry);
    const script = row(`${entry}: JavaScript`, js);
    const whole = row(`${entry}: together`, sum([wasm, js]));
    // Inline entries have the Wasm in their JavaScript. The stores have none.
    console.log(table(wasm.raw === 0 ? [script] : [row(`${entry}: Wasm`, wasm), script, whole]));
  }
}

async function printFunctions(): Promise<void> {
  const wasm = readFileSync(await buildNamedWasm(buildPaths([])));
  const functions = functionSizes(wasm).sort(([, a], [, b]) => b - a);
  const crates = new Map<string, number>();
  for (const [name, size] of functions) {
    crates.set(crateOf(name), (crates.get(crateOf(name)) ?? 0) + size);
  }
  const byCrate = [...crates].sort(([, a], [, b]) => b - a);
  console.log(`\nCode of the Wasm by crate:\n${table(byCrate)}`);
  console.log(`\nIts largest functions:\n${table(functions.slice(0, 60))}`);
}
