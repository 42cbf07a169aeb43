// npm run size: prints the size of each entry, and of each crate and function in the Wasm. Fails above the gate.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";
import { buildPaths } from "./build/paths.ts";
import { build } from "./build.ts";
import { root } from "./project.mjs";

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

function weigh(file: Uint8Array): Size {
  const gzip = gzipSync(file, { level: 9 }).length;
  return { raw: file.length, gzip, brotli: brotliCompressSync(file).length };
}

function sum(sizes: readonly Size[]): Size {
  const total = (of: keyof Size) => sizes.reduce((sum, size) => sum + size[of], 0);
  return { raw: total("raw"), gzip: total("gzip"), brotli: total("brotli") };
}

/** Returns the functions of a Wasm module, each with its name and the size of its code in bytes. */
export function functionSizes(wasm: Uint8Array): [name: string, size: number][] {
  let at = 8; // after the magic number and the version
  const byte = () => wasm[at++] ?? 0;
  const number = (): number => {
    const low = byte();
    return low < 128 ? low : low - 128 + 128 * number();
  };
  const text = () => {
    const length = number();
    at += length;
    return Buffer.from(wasm.subarray(at - length, at)).toString();
  };
  let imported = 0;
  const lengths: number[] = [];
  const names = new Map<number, string>();
  while (at < wasm.length) {
    const [id, length] = [byte(), number()];
    const end = at + length;
    if (id === 2) {
      // wasm-bindgen imports only functions, each with two names, a kind and a type.
      imported = number();
    } else if (id === 10) {
      for (let count = number(); count > 0; count--) {
        const size = number();
        lengths.push(size);
        at += size;
      }
    } else if (id === 0 && text() === "name") {
      while (at < end) {
        const [part, size] = [byte(), number()];
        const next = at + size;
        for (let count = part === 1 ? number() : 0; count > 0; count--) {
          names.set(number(), text());
        }
        at = next;
      }
    }
    at = end;
  }
  return lengths.map((size, index) => {
    const name = names.get(imported + index) ?? `function ${index}`;
    return [name.replaceAll(/\[[0-9a-f]{16}\]|::h[0-9a-f]{16}$/g, ""), size];
  });
}

/** Returns the crate of a function, by its mangled or demangled name. The exports of wasm-bindgen count as ours. */
function crateOf(name: string): string {
  const path = /^[<&(]*(?:dyn |mut )?(\w+)::/.exec(name)?.[1];
  const generic = /^[<&(]*(?:alloc|core|std)::\S*?<[<&(]*(?:dyn |mut )?(\w+)::/.exec(name)?.[1];
  return generic ?? path ?? (name.startsWith("_") ? "(runtime)" : "pay4power_auth");
}

function table(rows: readonly (readonly [string, ...number[]])[]): string {
  return rows
    .map(([name, ...sizes]) => `${sizes.map((size) => String(size).padStart(9)).join("")}  ${name}`)
    .join("\n");
}

/** The limit for the package in a Worker, and the size to aim at, in bytes with brotli. */
export const GATE = 80_000;
export const AIM = 70_000;

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
  console.log("Bytes:\n      raw     gzip   brotli");
  const row = (name: string, { raw, gzip, brotli }: Size) => [name, raw, gzip, brotli] as const;
  for (const file of globSync("*.ts", { cwd: join(root, "npm", "entries") }).sort()) {
    const entry = file.replace(".ts", "");
    if (!file.endsWith(".d.ts")) {
      const { wasm, js } = entrySizes(entry);
      const script = row(`${entry}: JavaScript`, js);
      const whole = row(`${entry}: together`, sum([wasm, js]));
      // Inline entries have the Wasm in their JavaScript. The stores have none.
      console.log(table(wasm.raw === 0 ? [script] : [row(`${entry}: Wasm`, wasm), script, whole]));
    }
  }

  const functions = functionSizes(readFileSync(buildPaths([]).namedWasm)).sort(
    ([, a], [, b]) => b - a,
  );
  const crates = new Map<string, number>();
  for (const [name, size] of functions) {
    crates.set(crateOf(name), (crates.get(crateOf(name)) ?? 0) + size);
  }
  const byCrate = [...crates].sort(([, a], [, b]) => b - a);
  console.log(`\nCode of the Wasm by crate:\n${table(byCrate)}`);
  console.log(`\nIts largest functions:\n${table(functions.slice(0, 60))}`);

  const { isWithinGate, message } = judge(sizes().brotli);
  console.log(`\n${message}`);
  process.exitCode = isWithinGate ? 0 : 1;
}
